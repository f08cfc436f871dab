/*
 * Sending rights, which every system does in the same way. The sizes have types of their own
 * here and there; the smallest is wide enough.
 */
#include "sys/rights.h"

#include "sys/descriptor.h"

#include <string.h>
#include <sys/uio.h>

/* Room for as many as there may be, aligned for a head. */
typedef union send_control {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(MIO__RIGHTS_MAX * sizeof(mio_fd))];
} send_control;

ptrdiff_t mio__rights_send(mio_fd fd, const void *data, size_t size, const mio_fd *fds,
                           size_t count)
{
    struct iovec piece = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
    send_control room = {.head = {.cmsg_len = (socklen_t)CMSG_LEN(count * sizeof *fds),
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
