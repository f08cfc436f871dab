/*
 * Rights on BSD and macOS. What a message carries beyond the room for it is opened and lost on
 * some of these systems: so there is always room for all, and what nobody asked for is closed.
 */
#include "sys/rights.h"

#include "sys/descriptor.h"

#include <string.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#ifdef __linux__ /* in tests */
int getpeereid(int fd, uid_t *ret_uid, gid_t *ret_gid);
#endif

#ifndef MSG_CMSG_CLOEXEC
#define MSG_CMSG_CLOEXEC 0
#endif

enum {
    RIGHTS_OTHERS = 512
}; /* what a socket's owner may have asked for: credentials, a time */

/* Room for the descriptors of a message and all else, aligned for a head. */
typedef union control {
    struct cmsghdr head;
    char bytes[RIGHTS_OTHERS + CMSG_SPACE(MIO__RIGHTS_MAX * sizeof(mio_fd))];
} control;

/* One of those that came: kept where there is room, and closed by exec from now on. */
static void rights_take(mio_fd fd, mio_fd *fds, size_t capacity, size_t *count, int *flags)
{
    if (*count == capacity) {
        mio__descriptor_close(fd);
        *flags |= MSG_CTRUNC;
        return;
    }
    if (MSG_CMSG_CLOEXEC == 0)
        mio__descriptor_close_on_exec(fd);
    fds[(*count)++] = fd;
}

/* The descriptors of one control message. */
static void recv_message(struct cmsghdr *head, mio_fd *fds, size_t capacity, size_t *count,
                         int *flags)
{
    const size_t size = head->cmsg_len - CMSG_LEN(0);
    mio_fd fd;

    for (size_t at = 0; at + sizeof fd <= size; at += sizeof fd) {
        memcpy(&fd, CMSG_DATA(head) + at, sizeof fd);
        rights_take(fd, fds, capacity, count, flags);
    }
}

ptrdiff_t mio__rights_recv(mio_fd fd, void *buffer, size_t size, mio_fd *fds, size_t capacity,
                           size_t *ret_count, int *ret_flags)
{
    struct iovec piece = {.iov_base = buffer, .iov_len = size};
    control room;
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    ssize_t result;

    do {
        message.msg_control = room.bytes;
        message.msg_controllen = sizeof room.bytes;
        result = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    } while (mio__sys_interrupted(result));
    if (result < 0)
        return -errno;
    *ret_count = 0;
    *ret_flags = message.msg_flags;
    for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head != NULL;
         head = CMSG_NXTHDR(&message, head)) {
        if (head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
            recv_message(head, fds, capacity, ret_count, ret_flags);
    }
    return result;
}

/* 0, as for a process that cannot be seen from here, where the system does not tell. */
static pid_t rights_pid(mio_fd fd)
{
    pid_t pid = 0;
#ifdef LOCAL_PEERPID
    socklen_t size = sizeof pid;

    (void)getsockopt(fd, SOL_LOCAL, LOCAL_PEERPID, &pid, &size);
#else
    (void)fd;
#endif
    return pid;
}

int mio__rights_peer(mio_fd fd, pid_t *ret_pid, uid_t *ret_uid, gid_t *ret_gid)
{
    if (getpeereid(fd, ret_uid, ret_gid) < 0)
        return -errno;
    *ret_pid = rights_pid(fd);
    return 0;
}
