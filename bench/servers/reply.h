/*
 * What a server of the benchmarks in C sends back: what came, as it came; or, built with
 * REPLY_HTTP, one page. Then what came is one request: the load sends no more than one at a
 * time, and its requests fit into one packet.
 */
#ifndef BENCH_REPLY_H
#define BENCH_REPLY_H

#include <stddef.h>

#ifdef REPLY_HTTP

#include <string.h>

/* Put the page in the place of the request, and return its size. */
static inline size_t reply_to(char *data, size_t count)
{
    static const char page[] = "HTTP/1.1 200 OK\r\n"
                               "Content-Type: text/plain\r\n"
                               "Content-Length: 13\r\n"
                               "\r\n"
                               "Hello, world!";

    if (count < 4 || memcmp(data + count - 4, "\r\n\r\n", 4) != 0)
        return 0;
    memcpy(data, page, sizeof page - 1);
    return sizeof page - 1;
}

#else

static inline size_t reply_to(const char *data, size_t count)
{
    (void)data;
    return count;
}

#endif
#endif
