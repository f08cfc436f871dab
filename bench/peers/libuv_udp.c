/*
 * The echo of datagrams on libuv: recvmmsg(), and uv_udp_try_send().
 */
#include "uv_common.h"

/* After a batch it gives the buffer back, with no address: it is always the same. */
static void udp_read(uv_udp_t *udp, ssize_t count, const uv_buf_t *buffer,
                     const struct sockaddr *from, unsigned flags)
{
    const uv_buf_t data = uv_buf_init(buffer->base, (unsigned)(count > 0 ? count : 0));

    (void)flags;
    uv_check(count, "receive");
    if (from == NULL)
        return;
    if (count == 0)
        uv_stop(udp->loop);
    else
        uv_check(uv_udp_try_send(udp, &data, 1, from), "send");
}

int main(void)
{
    uv_loop_t *loop = uv_default_loop();
    uv_udp_t udp;
    struct sockaddr_in addr;
    int size = sizeof addr;

    uv_ip4_addr("127.0.0.1", 0, &addr);
    uv_check(uv_udp_init_ex(loop, &udp, AF_INET | UV_UDP_RECVMMSG), "init");
    uv_check(uv_udp_bind(&udp, (struct sockaddr *)&addr, 0), "bind");
    uv_check(uv_udp_getsockname(&udp, (struct sockaddr *)&addr, &size), "address");
    uv_tell(&addr);
    uv_check(uv_udp_recv_start(&udp, uv_buffer, udp_read), "start");
    uv_run(loop, UV_RUN_DEFAULT);
    return EXIT_SUCCESS;
}
