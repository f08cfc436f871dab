/*
 * Rights on Linux. C libraries do not agree on the types of the sizes; the smallest is wide
 * enough.
 */
#include "sys/rights.h"

#include "sys/descriptor.h"

#include <string.h>
#include <sys/uio.h>

/* Room for the descriptors of a message, aligned for its head. */
typedef union control {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(MIO__RIGHTS_MAX * sizeof(mio_fd))];
} control;

ptrdiff_t mio__rights_send(mio_fd fd, const void *data, size_t size, const mio_fd *fds,
                           size_t count)
{
    struct iovec piece = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
    control room = {.head = {.cmsg_len = (socklen_t)CMSG_LEN(count * sizeof *fds),
                             .cmsg_level = SOL_SOCKET,
                             .cmsg_type = SCM_RIGHTS}};
    const struct msghdr message = {.msg_iov = &piece,
                                   .msg_iovlen = 1,
                                   .msg_control = room.bytes,
                                   .msg_controllen =
                                       (socklen_t)CMSG_SPACE(count * sizeof *fds)};
    ssize_t result;

    memcpy(CMSG_DATA(&room.head), fds, count * sizeof *fds);
    do
        result = sendmsg(fd, &message, MIO__SEND_FLAGS);
    while (mio__sys_interrupted(result));
    return mio__sys_count(result);
}

/* Linux opens no more than there is room for: so the room is not rounded up. */
ptrdiff_t mio__rights_recv(mio_fd fd, void *buffer, size_t size, mio_fd *fds, size_t capacity,
                           size_t *ret_count, int *ret_flags)
{
    struct iovec piece = {.iov_base = buffer, .iov_len = size};
    control room;
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    const struct cmsghdr *head;
    ssize_t result;

    do {
        message.msg_control = room.bytes;
        message.msg_controllen = (socklen_t)CMSG_LEN(capacity * sizeof *fds);
        result = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    } while (mio__sys_interrupted(result));
    if (result < 0)
        return -errno;
    head = CMSG_FIRSTHDR(&message);
    *ret_count = 0;
    *ret_flags = message.msg_flags;
    if (head != NULL && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS) {
        *ret_count = (head->cmsg_len - CMSG_LEN(0)) / sizeof *fds;
        memcpy(fds, CMSG_DATA(head), *ret_count * sizeof *fds);
    }
    return result;
}

int mio__rights_peer(mio_fd fd, pid_t *ret_pid, uid_t *ret_uid, gid_t *ret_gid)
{
    struct ucred peer;
    socklen_t size = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return -errno;
    *ret_pid = peer.pid;
    *ret_uid = peer.uid;
    *ret_gid = peer.gid;
    return 0;
}
