/*
 * Children over pidfds.
 */
#include "sys/child.h"

#include "sys/descriptor.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Returns 0, or -errno; the pid in `info` is 0 for one that lives. */
static int child_ask(mio_fd fd, siginfo_t *info, int options)
{
    int outcome;

    do
        outcome = waitid(P_PIDFD, (id_t)fd, info, WEXITED | WNOHANG | options);
    while (mio__sys_interrupted(outcome));
    return mio__sys_status(outcome);
}

/* By number: C libraries have a function for it since a short time only. It closes by exec.
   Linux 5.3 has pidfds, and 5.4 waits for them: without that a child could not be told. */
int mio__child_open(int pid, mio_fd *ret_fd)
{
    siginfo_t info;
    const long fd = syscall(SYS_pidfd_open, pid, 0);

    if (fd < 0)
        return -errno;
    if (child_ask((mio_fd)fd, &info, WNOWAIT) == -EINVAL) {
        mio__descriptor_close((mio_fd)fd);
        return -ENOSYS;
    }
    *ret_fd = (mio_fd)fd;
    return 0;
}

int mio__child_wait(mio_fd fd, int pid, int *ret_status)
{
    siginfo_t info = {.si_pid = 0};
    const int err = child_ask(fd, &info, 0);

    (void)pid; /* may name another process by now */
    if (err < 0)
        return err;
    if (info.si_pid == 0)
        return -EAGAIN;
    *ret_status = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
    return 0;
}
