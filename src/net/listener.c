/*
 * Listeners: open, accept, and turn clients away when no descriptor is left.
 */
#include "mio/socket.h"

#include "net/addr.h"
#include "net/socket.h"
#include "net/stale.h"
#include "sys/descriptor.h"

enum {
    LISTEN_BACKLOG = 1024,
    ACCEPT_LOST_MAX = 64 /* a flood of broken connections must not hold up the other sockets */
};

/* TCP_NODELAY is set on the listener: what it accepts inherits it, for no further call. */
static int listen_set(mio_fd fd, mio_family family, const mio_listen_options *options)
{
    int err = 0;

    if (family == MIO_UNIX)
        return 0;
    if (!options->no_reuseaddr)
        err = mio_socket_set(fd, MIO_OPT_REUSEADDR, 1);
    if (err == 0 && options->reuseport)
        err = mio_socket_set(fd, MIO_OPT_REUSEPORT, 1);
    if (err == 0 && family == MIO_IPV6)
        err = mio_socket_set(fd, MIO_OPT_ONLY_V6, options->only_v6);
    if (err == 0 && !options->nagle)
        err = mio_socket_set(fd, MIO_OPT_NODELAY, 1);
    return err;
}

static int listen_begin(mio_fd fd, const mio_addr *addr, const mio_listen_options *options)
{
    const int backlog = options->backlog == 0 ? LISTEN_BACKLOG : options->backlog;
    int err = listen_set(fd, mio_addr_family(addr), options);

    if (err == 0)
        err = mio__stale_bind(fd, addr, options->replace_stale);
    if (err == 0)
        err = mio__sys_status(listen(fd, backlog));
    return err;
}

int mio_listen(const mio_addr *addr, const mio_listen_options *options, mio_fd *ret_fd)
{
    static const mio_listen_options listen_defaults;
    mio_fd fd = -1;
    int type, err;

    if (options == NULL)
        options = &listen_defaults;
    type = mio__socket_stream_type(options->type);
    if (addr == NULL || options->backlog < 0 || type < 0 || ret_fd == NULL)
        return -EINVAL;
    err = mio__descriptor_socket(mio__addr_system_family(addr), type, &fd);
    if (err < 0)
        return err;
    err = listen_begin(fd, addr, options);
    if (err < 0) {
        mio__descriptor_close(fd);
        return err;
    }
    *ret_fd = fd;
    return 0;
}

/* The next connection that lives. */
static int accept_next(mio_fd fd, struct sockaddr *addr, socklen_t *size, mio_fd *ret_fd)
{
    int err = -ECONNABORTED;

    for (int i = 0; i < ACCEPT_LOST_MAX && mio__descriptor_accept_lost(err); i++)
        err = mio__descriptor_accept(fd, addr, size, ret_fd);
    return err;
}

int mio_accept(mio_fd fd, mio_fd *ret_fd, mio_addr *ret_addr)
{
    mio_addr addr = {.size = 0};
    socklen_t size = sizeof addr.storage;
    int err;

    if (ret_fd == NULL)
        return -EINVAL;
    if (ret_addr == NULL)
        return accept_next(fd, NULL, NULL, ret_fd);
    err = accept_next(fd, mio__addr_room(&addr), &size, ret_fd);
    if (err < 0)
        return err;
    mio__addr_filled(&addr, size); /* all zero for a family that it does not know */
    *ret_addr = addr;
    return 0;
}

/* A socket, because it needs no file system: /dev/null is missing in many a chroot. */
int mio_spare_open(mio_fd *ret_fd)
{
    return ret_fd == NULL ? -EINVAL : mio__descriptor_socket(AF_UNIX, SOCK_STREAM, ret_fd);
}

int mio_accept_shed(mio_fd fd, mio_fd *spare)
{
    mio_fd client;
    int err = 0;

    if (spare == NULL)
        return -EINVAL;
    if (*spare < 0)
        err = mio_spare_open(spare);
    if (err < 0)
        return err;
    mio__descriptor_close(*spare);
    *spare = -1;
    err = mio_accept(fd, &client, NULL);
    if (err == 0)
        mio__descriptor_close(client);
    mio_spare_open(spare); /* stays -1 where that fails */
    return err;
}
