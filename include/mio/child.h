/*
 * Child processes of a loop.
 */
#ifndef MIO_CHILD_H
#define MIO_CHILD_H

#include "mio/loop.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Have a loop report the end of a child process, as an event of kind MIO_CHILD, once:
 *
 *   value   the exit status, 0 to 255; or -n for a process that signal n has killed
 *   ready   0; MIO_ERROR where the status is not to be had, because somebody else has waited
 *           for the process, SIGCHLD is ignored, or it is no child of this one
 *
 * The process is waited for (waitpid(2)) at the moment when the event is handed out, not
 * before: until then nobody else gets its number. With that the id is dead. Of several
 * registrations of one process one is told the status.
 *
 * A child that has ended already is reported by the next turn. The child counts as something
 * to wait for: mio_loop_run() goes on while it is registered. mio_loop_deregister() forgets
 * it; to wait for it is then the caller's affair again. SIGCHLD is left alone.
 *
 *   pid      more than 0: of fork(), posix_spawn(), mio_process_start()
 *   token    yours, handed back in mio_event.token
 *   ret_id   names the registration; may be NULL
 *
 * Returns 0, or
 *   -EINVAL                      no number of a process
 *   -ESRCH                       there is no such process, or it was waited for already
 *   -EMFILE, -ENFILE, -ENOSPC    each child takes a descriptor
 *   -ENOMEM                      no memory
 *   -ENOSYS, -EPERM              the kernel lacks pidfds (Linux before 5.4), or forbids them
 *   -ESTALE                      as mio_loop_register()
 *
 * Thread: the loop's own. Cost: three system calls, and three more when it has ended.
 */
MIO_API int mio_loop_child(mio_loop *loop, int pid, uint64_t token, uint64_t *ret_id);

#ifdef __cplusplus
}
#endif

#endif
