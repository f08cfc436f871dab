/*
 * Socket options: a table from mio's names to the system's.
 */
#include "mio/socket.h"

#include "net/addr.h"
#include "sys/descriptor.h"
#include "sys/option_names.h"

#include <limits.h>
#include <string.h>

/* The values from `min` to `max` are handed on; the kernel may refuse some of them. */
typedef struct option_row {
    int level;
    int name;
    int min;
    int max;
} option_row;

static const option_row option_rows[] = {
    [MIO_OPT_NODELAY] = {IPPROTO_TCP, TCP_NODELAY, 0, 1},
    [MIO_OPT_KEEPALIVE] = {SOL_SOCKET, SO_KEEPALIVE, 0, 1},
    [MIO_OPT_KEEPALIVE_IDLE] = {IPPROTO_TCP, MIO__TCP_KEEPIDLE, 1, INT_MAX},
    [MIO_OPT_KEEPALIVE_INTERVAL] = {IPPROTO_TCP, MIO__TCP_KEEPINTVL, 1, INT_MAX},
    [MIO_OPT_KEEPALIVE_COUNT] = {IPPROTO_TCP, MIO__TCP_KEEPCNT, 1, INT_MAX},
    [MIO_OPT_LINGER] = {SOL_SOCKET, MIO__SO_LINGER, -1, INT_MAX},
    [MIO_OPT_REUSEADDR] = {SOL_SOCKET, SO_REUSEADDR, 0, 1},
    [MIO_OPT_REUSEPORT] = {SOL_SOCKET, SO_REUSEPORT, 0, 1},
    [MIO_OPT_TTL] = {IPPROTO_IP, IP_TTL, 1, 255},
    [MIO_OPT_RECV_BUFFER] = {SOL_SOCKET, SO_RCVBUF, 1, INT_MAX},
    [MIO_OPT_SEND_BUFFER] = {SOL_SOCKET, SO_SNDBUF, 1, INT_MAX},
    [MIO_OPT_ONLY_V6] = {IPPROTO_IPV6, IPV6_V6ONLY, 0, 1},
    [MIO_OPT_BROADCAST] = {SOL_SOCKET, SO_BROADCAST, 0, 1},
    [MIO_OPT_MULTICAST_TTL] = {IPPROTO_IP, IP_MULTICAST_TTL, 0, 255},
    [MIO_OPT_MULTICAST_LOOP] = {IPPROTO_IP, IP_MULTICAST_LOOP, 0, 1},
};

/* Those that are other ones for packets of IPv6; a level of 0 marks the rest. */
static const option_row option_rows_v6[] = {
    [MIO_OPT_TTL] = {IPPROTO_IPV6, IPV6_UNICAST_HOPS, 1, 255},
    [MIO_OPT_MULTICAST_TTL] = {IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 0, 255},
    [MIO_OPT_MULTICAST_LOOP] = {IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0, 1},
};

_Static_assert(sizeof option_rows == sizeof option_rows_v6, "a row for each option");

/* A client of IPv4 at a listener of IPv6: its packets are IPv4. */
static bool host_is_mapped(const unsigned char *host)
{
    static const unsigned char prefix[12] = {[10] = 0xff, [11] = 0xff};

    return memcmp(host, prefix, sizeof prefix) == 0;
}

static int option_find_row(mio_fd fd, mio_option option, const option_row **ret_row)
{
    mio_addr local;
    mio__addr_parts parts;
    int err = mio_socket_local(fd, &local);

    if (err < 0)
        return err;
    parts = mio__addr_split(&local);
    if (parts.family == MIO_IPV6 && !host_is_mapped(parts.host))
        *ret_row = &option_rows_v6[option];
    else
        *ret_row = &option_rows[option];
    return 0;
}

static int option_find(mio_fd fd, mio_option option, const option_row **ret_row)
{
    if ((size_t)option >= sizeof option_rows / sizeof option_rows[0])
        return -EINVAL;
    if (option_rows_v6[option].level != 0)
        return option_find_row(fd, option, ret_row);
    *ret_row = &option_rows[option];
    return 0;
}

static int set_linger(mio_fd fd, int value)
{
    const struct linger linger = {.l_onoff = value >= 0, .l_linger = value >= 0 ? value : 0};

    return mio__sys_status(setsockopt(fd, SOL_SOCKET, MIO__SO_LINGER, &linger, sizeof linger));
}

int mio_socket_set(mio_fd fd, mio_option option, int value)
{
    const option_row *row;
    int err = option_find(fd, option, &row);

    if (err < 0)
        return err;
    if (value < row->min || value > row->max)
        return -EINVAL;
    if (option == MIO_OPT_LINGER)
        return set_linger(fd, value);
    return mio__sys_status(setsockopt(fd, row->level, row->name, &value, sizeof value));
}

static int get_linger(mio_fd fd, int *ret_value)
{
    struct linger linger;
    socklen_t size = sizeof linger;

    if (getsockopt(fd, SOL_SOCKET, MIO__SO_LINGER, &linger, &size) < 0)
        return -errno;
    *ret_value = linger.l_onoff ? linger.l_linger : -1;
    return 0;
}

/* Some systems answer for a switch with its bit in a mask. */
int mio_socket_get(mio_fd fd, mio_option option, int *ret_value)
{
    const option_row *row;
    int value = 0;
    socklen_t size = sizeof value;
    int err = ret_value == NULL ? -EINVAL : option_find(fd, option, &row);

    if (err < 0)
        return err;
    if (option == MIO_OPT_LINGER)
        return get_linger(fd, ret_value);
    if (getsockopt(fd, row->level, row->name, &value, &size) < 0)
        return -errno;
    *ret_value = row->max == 1 ? value != 0 : value;
    return 0;
}
