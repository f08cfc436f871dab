/*
 * Multicast groups, by the options of RFC 3678, which are the same for both families.
 */
#include "mio/datagram.h"

#include "mio/socket.h"

#include "net/addr.h"
#include "sys/descriptor.h"

#include <netinet/in.h>
#include <string.h>

/* A group of IPv6 may say itself where it is: "[ff02::1%eth0]". Returns 0, or -EINVAL for two
   interfaces. */
static int multicast_resolve(const mio_addr *group, unsigned *interface)
{
    const unsigned scope = mio__addr_split(group).scope;

    if (scope == 0)
        return 0;
    if (*interface != 0 && *interface != scope)
        return -EINVAL;
    *interface = scope;
    return 0;
}

/* The level is that of the group: the kernel refuses a socket of the other family. */
static int multicast_change(mio_fd fd, int name, const mio_addr *group, unsigned interface)
{
    struct group_req request = {.gr_interface = 0};
    int level;

    if (group == NULL || multicast_resolve(group, &interface) < 0)
        return -EINVAL;
    switch (mio_addr_family(group)) {
    case MIO_IPV4:
        level = IPPROTO_IP;
        break;
    case MIO_IPV6:
        level = IPPROTO_IPV6;
        break;
    case MIO_UNIX:
    case MIO_NO_FAMILY:
    default:
        return -EAFNOSUPPORT;
    }
    request.gr_interface = interface;
    memcpy(&request.gr_group, group->storage.bytes, group->size);
    return mio__sys_status(setsockopt(fd, level, name, &request, sizeof request));
}

int mio_multicast_join(mio_fd fd, const mio_addr *group, unsigned interface)
{
    return multicast_change(fd, MCAST_JOIN_GROUP, group, interface);
}

int mio_multicast_leave(mio_fd fd, const mio_addr *group, unsigned interface)
{
    return multicast_change(fd, MCAST_LEAVE_GROUP, group, interface);
}

int mio_multicast_interface(mio_fd fd, unsigned interface)
{
    const struct ip_mreqn request = {.imr_ifindex = (int)interface};
    const int index = (int)interface;
    mio_addr local;
    int err = mio_socket_local(fd, &local);

    if (err < 0)
        return err;
    switch (mio_addr_family(&local)) {
    case MIO_IPV4:
        return mio__sys_status(
            setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request));
    case MIO_IPV6:
        return mio__sys_status(
            setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof index));
    case MIO_UNIX:
    case MIO_NO_FAMILY:
    default:
        return -EOPNOTSUPP;
    }
}
