/*
 * Signals of a loop. What mio/signals.h says of signals holds for them too.
 */
#ifndef MIO_SIGNAL_H
#define MIO_SIGNAL_H

#include "mio/loop.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Have a loop report a signal, as an event of kind MIO_SIGNAL with the number in `value`.
 *
 * Several registrations of one signal, in one loop or many, each get their event. It counts
 * as something to wait for: mio_loop_run() goes on while it is registered. End it by
 * mio_loop_deregister().
 *
 *   signal_number   SIGINT, SIGTERM, ...
 *   token           yours, handed back in mio_event.token
 *   ret_id          names the registration; may be NULL
 *
 * Returns 0, or
 *   -EINVAL                      as mio_signals_add()
 *   -EMFILE, -ENFILE, -ENOSPC    where the loop has no signal yet: two descriptors are opened,
 *                                and closed with the last
 *   -ESTALE                      as mio_loop_register()
 *   -ENOMEM                      no memory
 *
 * Thread: the loop's own. Cost: a few system calls.
 */
MIO_API int mio_loop_signal(mio_loop *loop, int signal_number, uint64_t token,
                            uint64_t *ret_id);

#ifdef __cplusplus
}
#endif

#endif
