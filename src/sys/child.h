/*
 * Child processes as descriptors: a pidfd on Linux; elsewhere a kqueue of its own, with one
 * EVFILT_PROC in it.
 */
#ifndef MIO__SYS_CHILD_H
#define MIO__SYS_CHILD_H

#include "mio/base.h"

/*
 * A descriptor that is readable once the process has ended, to be given to
 * mio__descriptor_close(). Closing it does nothing to the process.
 *
 * Returns 0, or -ESRCH, -EINVAL, -EMFILE, -ENFILE, -ENOMEM; -ENOSYS before Linux 5.4; -EPERM in
 * a sandbox that forbids it.
 */
int mio__child_open(int pid, mio_fd *ret_fd);

/*
 * Wait for the child that `fd` was opened for, which ends it for good. Never blocks. A process
 * that waits for it elsewhere, too, may lose another child of that number where `fd` is a
 * kqueue.
 *
 *   ret_status   the exit status, 0 to 255; or -n for one that signal n has killed
 *
 * Returns 0; -EAGAIN while it lives, or is held by a debugger; or -ECHILD: it was waited for
 * already, SIGCHLD is ignored, or it is no child of this process.
 */
int mio__child_wait(mio_fd fd, int pid, int *ret_status);

#endif
