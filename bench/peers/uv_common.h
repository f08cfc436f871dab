/*
 * What the servers on libuv share: one buffer for all that is read, and where they listen.
 */
#ifndef BENCH_UV_COMMON_H
#define BENCH_UV_COMMON_H

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

static void uv_check(ssize_t err, const char *what)
{
    if (err >= 0)
        return;
    fprintf(stderr, "%s: %s\n", what, uv_strerror((int)err));
    exit(EXIT_FAILURE);
}

static void uv_tell(const struct sockaddr_in *addr)
{
    printf("listening on 127.0.0.1:%d\n", ntohs(addr->sin_port));
    fflush(stdout);
}

static void uv_buffer(uv_handle_t *handle, size_t size, uv_buf_t *ret_buffer)
{
    static char buffer[64 * 65536]; /* as many datagrams as it may read at once */

    (void)size;
    *ret_buffer = uv_buf_init(buffer, handle->type == UV_UDP ? sizeof buffer : 65536);
}

#endif
