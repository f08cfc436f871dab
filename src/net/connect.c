/*
 * Connecting: begun here, finished by the kernel, asked about when the socket is writable.
 */
#include "mio/socket.h"

#include "net/addr.h"
#include "net/socket.h"
#include "sys/descriptor.h"

#include <poll.h>

/* A connect that a signal handler interrupts goes on by itself: to call it again would only
   give -EALREADY. A Unix -EAGAIN is none of these: that socket will never be connected. */
static int connect_start(mio_fd fd, const mio_addr *addr)
{
    if (connect(fd, mio__addr_sockaddr(addr), addr->size) == 0)
        return 0;
    return errno == EINPROGRESS || errno == EINTR ? 0 : -errno;
}

static int connect_begin(mio_fd fd, const mio_addr *addr, const mio_connect_options *options)
{
    const mio_addr *local = options->local;
    int err = 0;

    if (!options->nagle && mio_addr_family(addr) != MIO_UNIX)
        err = mio_socket_set(fd, MIO_OPT_NODELAY, 1);
    if (err == 0 && local != NULL)
        err = mio__sys_status(bind(fd, mio__addr_sockaddr(local), local->size));
    if (err == 0)
        err = connect_start(fd, addr);
    return err;
}

int mio_connect(const mio_addr *addr, const mio_connect_options *options, mio_fd *ret_fd)
{
    static const mio_connect_options connect_defaults;
    mio_fd fd = -1;
    int type, err;

    if (options == NULL)
        options = &connect_defaults;
    type = mio__socket_stream_type(options->type);
    if (addr == NULL || type < 0 || ret_fd == NULL)
        return -EINVAL;
    err = mio__descriptor_socket(mio__addr_system_family(addr), type, &fd);
    if (err < 0)
        return err;
    err = connect_begin(fd, addr, options);
    if (err < 0) {
        mio__descriptor_close(fd);
        return err;
    }
    *ret_fd = fd;
    return 0;
}

/* SO_ERROR first: a socket that failed has no peer, but neither has one in progress. */
static int result_now(mio_fd fd)
{
    const int err = mio_socket_take_error(fd);
    mio_addr peer;

    return err < 0 ? err : mio_socket_peer(fd, &peer);
}

/* A socket that is still connecting has nothing to report. */
static bool result_is_due(mio_fd fd)
{
    struct pollfd source = {.fd = fd, .events = POLLOUT};

    return poll(&source, 1, 0) > 0;
}

/*
 * Neither an error nor a peer: it is in progress, or its error was taken before. poll() tells
 * them apart; where it says that the connection has ended, that may have happened just now.
 */
int mio_connect_result(mio_fd fd)
{
    const int err = result_now(fd);

    if (err != -ENOTCONN)
        return err;
    return result_is_due(fd) ? result_now(fd) : -EINPROGRESS;
}
