/*
 * The server on libuv: uv_try_write(), and uv_write() for what it does not take.
 */
#include "../servers/reply.h"

#include "uv_common.h"

typedef struct uv_client {
    uv_tcp_t tcp;
    uv_write_t write;
    char *unsent;
} uv_client;

static uv_loop_t *loop;

static void client_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer);

static void client_free(uv_handle_t *handle)
{
    free(handle->data);
}

static void client_written(uv_write_t *write, int err)
{
    uv_client *client = write->handle->data;

    free(client->unsent);
    if (err == 0)
        uv_read_start((uv_stream_t *)&client->tcp, uv_buffer, client_read);
}

/* Read on when the rest is written. */
static void client_keep(uv_client *client, const char *data, size_t size)
{
    uv_buf_t rest;

    client->unsent = malloc(size);
    uv_check(client->unsent != NULL ? 0 : UV_ENOMEM, "malloc");
    memcpy(client->unsent, data, size);
    rest = uv_buf_init(client->unsent, (unsigned)size);
    uv_read_stop((uv_stream_t *)&client->tcp);
    uv_check(uv_write(&client->write, (uv_stream_t *)&client->tcp, &rest, 1, client_written),
             "write");
}

static void client_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    uv_client *client = stream->data;
    uv_buf_t reply;
    int sent;

    if (count == 0)
        return;
    if (count < 0) {
        uv_close((uv_handle_t *)stream, client_free);
        return;
    }
    reply = uv_buf_init(buffer->base, (unsigned)reply_to(buffer->base, (size_t)count));
    sent = uv_try_write(stream, &reply, 1);
    if (sent == (int)reply.len)
        return;
    if (sent < 0 && sent != UV_EAGAIN)
        uv_close((uv_handle_t *)stream, client_free);
    else
        client_keep(client, reply.base + (sent > 0 ? sent : 0),
                    reply.len - (size_t)(sent > 0 ? sent : 0));
}

static void listener_ready(uv_stream_t *listener, int err)
{
    uv_client *client = calloc(1, sizeof *client);

    uv_check(err, "listen");
    uv_check(client != NULL ? 0 : UV_ENOMEM, "calloc");
    uv_tcp_init(loop, &client->tcp);
    client->tcp.data = client;
    uv_check(uv_accept(listener, (uv_stream_t *)&client->tcp), "accept");
    uv_check(uv_read_start((uv_stream_t *)&client->tcp, uv_buffer, client_read), "read");
}

int main(void)
{
    uv_tcp_t listener;
    struct sockaddr_in addr;
    int size = sizeof addr;

    loop = uv_default_loop();
    uv_ip4_addr("127.0.0.1", 0, &addr);
    uv_tcp_init(loop, &listener);
    uv_check(uv_tcp_bind(&listener, (struct sockaddr *)&addr, 0), "bind");
    uv_check(uv_tcp_nodelay(&listener, 1), "nodelay"); /* clients inherit it */
    uv_check(uv_listen((uv_stream_t *)&listener, 1024, listener_ready), "listen");
    uv_check(uv_tcp_getsockname(&listener, (struct sockaddr *)&addr, &size), "address");
    uv_tell(&addr);
    uv_run(loop, UV_RUN_DEFAULT);
    return EXIT_SUCCESS;
}
