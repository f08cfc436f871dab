/*
 * Rights on Linux. C libraries do not agree on the types of the sizes; the smallest is wide
 * enough.
 */
#include "sys/rights.h"

#include "sys/descriptor.h"

#include <string.h>
#include <sys/uio.h>

enum {
    RIGHTS_PIDFD = 0x04, /* SCM_PIDFD, since Linux 6.5 */
    RIGHTS_LABEL = 256,  /* the longest security label that there is room for */
    /* What a socket's owner may have asked the kernel to send along: see unix(7). */
    RIGHTS_OTHERS =
        CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(RIGHTS_LABEL) + CMSG_SPACE(sizeof(mio_fd))
};

/* Room for the descriptors of a message and all else, aligned for a head. */
typedef union control {
    struct cmsghdr head;
    char bytes[RIGHTS_OTHERS + CMSG_SPACE(MIO__RIGHTS_MAX * sizeof(mio_fd))];
} control;

/* The descriptors of one control message: as many go to `fds` as it has room for, and the
   others are closed. Returns how many there were. */
static size_t recv_take(const struct cmsghdr *head, mio_fd *fds, size_t capacity)
{
    const size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof *fds;
    mio_fd fd;

    for (size_t i = 0; i < count; i++) {
        memcpy(&fd, CMSG_DATA(head) + i * sizeof fd, sizeof fd);
        if (i < capacity)
            fds[i] = fd;
        else
            mio__descriptor_close(fd);
    }
    return count;
}

/* The macro of musl mixes signed and unsigned numbers. */
static struct cmsghdr *recv_next(struct msghdr *message, struct cmsghdr *head)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
    return CMSG_NXTHDR(message, head);
#pragma GCC diagnostic pop
}

/* All that the kernel has sent along. A pidfd that nobody asked this library for is closed. */
static size_t recv_walk(struct msghdr *message, mio_fd *fds, size_t capacity)
{
    size_t count = 0;

    for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head != NULL;
         head = recv_next(message, head)) {
        if (head->cmsg_level != SOL_SOCKET)
            continue;
        if (head->cmsg_type == SCM_RIGHTS)
            count += recv_take(head, fds + count, capacity - count);
        else if (head->cmsg_type == RIGHTS_PIDFD)
            recv_take(head, NULL, 0);
        if (count > capacity) {
            message->msg_flags |= MSG_CTRUNC;
            count = capacity;
        }
    }
    return count;
}

/* Linux opens as many as there is room for: a few more than are wanted, where nothing else has
   come along. */
ptrdiff_t mio__rights_recv(mio_fd fd, void *buffer, size_t size, mio_fd *fds, size_t capacity,
                           size_t *ret_count, int *ret_flags)
{
    struct iovec piece = {.iov_base = buffer, .iov_len = size};
    control room;
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    ssize_t result;

    do {
        message.msg_control = room.bytes;
        message.msg_controllen = (socklen_t)(RIGHTS_OTHERS + CMSG_LEN(capacity * sizeof *fds));
        result = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    } while (mio__sys_interrupted(result));
    if (result < 0)
        return -errno;
    *ret_count = recv_walk(&message, fds, capacity);
    *ret_flags = message.msg_flags;
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
