/*
 * Children over kqueues: each has one of its own, with one EVFILT_PROC. What that tells is
 * never taken, so the queue stays readable.
 */
#include "sys/child.h"

#include "sys/descriptor.h"
#include "sys/kqueue.h"

#include <signal.h>
#include <sys/wait.h>

/* Whether it has ended, and waits to be waited for. */
static bool child_has_ended(int pid)
{
    siginfo_t info = {.si_pid = 0};

    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid;
}

/* The reading end of a pipe that nobody writes to: readable from now on. */
static int child_open_readable(mio_fd *ret_fd)
{
    mio_fd fds[2];
    const int err = mio__descriptor_pipe(fds);

    if (err < 0)
        return err;
    mio__descriptor_close(fds[1]);
    *ret_fd = fds[0];
    return 0;
}

/* Some kernels find no process that has ended (ESRCH), though nobody has waited for it. */
int mio__child_open(int pid, mio_fd *ret_fd)
{
    struct kevent change = {
        .ident = (uintptr_t)pid, .filter = EVFILT_PROC, .flags = EV_ADD, .fflags = NOTE_EXIT};
    mio_fd fd;
    int err;

    if (pid <= 0)
        return -EINVAL;
    err = mio__kqueue_open(&fd);
    if (err < 0)
        return err;
    mio__kqueue_change(fd, &change, 1);
    if (change.data == 0) {
        *ret_fd = fd;
        return 0;
    }
    mio__descriptor_close(fd);
    if (change.data == ESRCH && child_has_ended(pid))
        return child_open_readable(ret_fd);
    return -(int)change.data;
}

/* Some kernels tell the end a moment before it can be waited for. */
int mio__child_wait(mio_fd fd, int pid, int *ret_status)
{
    int status;
    pid_t ended;

    (void)fd; /* stays readable */
    do
        ended = waitpid(pid, &status, WNOHANG);
    while (mio__sys_interrupted(ended));
    if (ended < 0)
        return -errno;
    if (ended == 0)
        return -EAGAIN;
    *ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return 0;
}
