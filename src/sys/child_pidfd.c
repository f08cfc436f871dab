/*
 * Children over pidfds.
 */
#include "sys/child.h"

#include "sys/descriptor.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* By number: C libraries have a function for it since a short time only. It closes by exec. */
int mio__child_open(int pid, mio_fd *ret_fd)
{
    const long fd = syscall(SYS_pidfd_open, pid, 0);

    if (fd < 0)
        return -errno;
    *ret_fd = (mio_fd)fd;
    return 0;
}

int mio__child_wait(mio_fd fd, int pid, int *ret_status)
{
    siginfo_t info = {.si_pid = 0};
    int outcome;

    (void)pid; /* may name another process by now */
    do
        outcome = waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG);
    while (mio__sys_interrupted(outcome));
    if (outcome < 0)
        return -errno;
    if (info.si_pid == 0)
        return -EAGAIN;
    *ret_status = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
    return 0;
}
