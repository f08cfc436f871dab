/*
 * Child processes as descriptors: a pidfd on Linux. Where there is none, a kqueue of its own
 * with one EVFILT_PROC stands behind the same two functions.
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
 * Wait for the child, which ends it for good. Never blocks.
 *
 *   ret_status   the exit status, 0 to 255; or -n for one that signal n has killed
 *
 * Returns 0; -EAGAIN while it lives, or is held by a debugger; or -ECHILD: it was waited for
 * already, SIGCHLD is ignored, or it is no child of this process.
 */
int mio__child_wait(mio_fd fd, int *ret_status);

#endif
