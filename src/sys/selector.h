/*
 * The selector: the kernel's readiness queue, behind one contract.
 *
 * The build picks one implementation (selector_epoll.c, selector_kqueue.c, ...). Every one
 * of them passes the same suite, tests/sys/test_selector*.c, which is written from this text:
 *
 * 1. A descriptor is registered at most once. The selector stores the token in the kernel
 *    or beside it and hands it back unread. It never reads, writes or closes a descriptor.
 * 2. wait() reports at most one event a descriptor a call, reading and writing merged. Only
 *    where `capacity` is used up may what is left of the last ones come with the next wait.
 * 3. MIO_LEVEL reports as long as the condition holds, MIO_EDGE when it comes about,
 *    MIO_ONESHOT once until reregister(). reregister() reports anew what holds already,
 *    whatever the trigger.
 * 4. A peer that is gone and an error are reported without being asked for, and make a
 *    reader MIO_READABLE and a writer MIO_WRITABLE. `ready` may hold a condition outside
 *    the interest in that case; the caller masks it. An error that does not end a socket,
 *    as a refused datagram, need not be told as MIO_ERROR: the next call has it.
 * 5. After deregister() returned 0, no later wait() reports the descriptor. It must come
 *    before close(): a duplicate of the descriptor keeps the kernel's entry alive, and then
 *    nobody can name it any more.
 * 6. register, reregister, deregister and wait may be called from several threads at once.
 *    A registration made while another thread waits takes part in that wait.
 * 7. A call that failed has changed nothing.
 * 8. suspend() keeps a registration, and the descriptor with it, but no condition is waited
 *    for until reregister(), which tells what holds by then. At most one event a suspend()
 *    still comes, of a peer that is gone or of an error, for epoll cannot be told to be silent
 *    about those; the caller drops it. (kqueue has EV_DISABLE, and no such event.) What was
 *    closed meanwhile, reregister() does not find, whatever has its number now.
 */
#ifndef MIO__SYS_SELECTOR_H
#define MIO__SYS_SELECTOR_H

#include "mio/event.h"

typedef struct mio__selector {
    mio_fd fd; /* the kernel's queue: readable when an event waits, so that selectors nest */
    struct mio__knotes *knotes; /* what a kqueue does not keep itself; epoll leaves it alone */
} mio__selector;

/* Open. Returns 0, -EMFILE, -ENFILE or -ENOMEM. */
int mio__selector_open(mio__selector *selector);

/* Close, in the process that has opened it or a child of fork(). Registered descriptors stay
   open; they belong to their owners. */
void mio__selector_close(mio__selector *selector);

/*
 * Put `fresh` in the place of a selector, with all that is registered in it, under the number
 * of the old one, which is closed. `fresh` is gone. Returns 0, or -EBUSY; then nothing changed.
 */
int mio__selector_replace(mio__selector *selector, mio__selector *fresh);

/*
 * Returns 0, or -EEXIST (registered already), -EPERM (a file, a folder, or what else the
 * kernel cannot poll), -EOPNOTSUPP (MIO_PRIORITY on a kernel that does not tell it), -EBADF,
 * -EINVAL (the selector itself), -ELOOP or -EINVAL (a ring of selectors, where the kernel
 * notices it), -ENOMEM, -ENOSPC.
 */
int mio__selector_register(mio__selector *selector, mio_fd fd, uint64_t token,
                           mio_interest interest, mio_trigger trigger);

/* As register, for a descriptor that is registered; -ENOENT where it is not. */
int mio__selector_reregister(mio__selector *selector, mio_fd fd, uint64_t token,
                             mio_interest interest, mio_trigger trigger);

/* Returns as reregister. The token is that of the one event that may come. */
int mio__selector_suspend(mio__selector *selector, mio_fd fd, uint64_t token);

/* Returns 0, -ENOENT (not registered) or -EBADF (closed before). */
int mio__selector_deregister(mio__selector *selector, mio_fd fd);

/*
 * Wait for events and fill `events` with up to `capacity` (at least 1) of them, with kind,
 * ready and token set and everything else 0. It may leave some for the next wait though there
 * is room.
 *
 * A wait never ends early for want of precision: `timeout_ns` is rounded up to what the
 * kernel can tell apart. -1 waits for ever, 0 does not wait.
 *
 * Returns the number of events, 0 after the timeout, or -EINTR.
 */
int mio__selector_wait(mio__selector *selector, mio_event *events, int capacity,
                       int64_t timeout_ns);

#endif
