/*
 * mio: readiness-model I/O.
 *
 * Conventions of every header
 *
 *   Results     0 or a count, else -errno (mio_strerror(), mio_errname()). Result parameters
 *               come last, are named ret_..., and are written only on success. A call that
 *               failed has changed nothing.
 *
 *   NULL        What a free or unref takes may be NULL. So may options, a config or an
 *               allocator, which stands for the defaults, and a result parameter whose text
 *               says so. Where another pointer is NULL that a call reads from or writes to, it
 *               returns -EINVAL. Not looked at are the object of a call (its loop, its poll),
 *               what is handed over with each event or message, and the bytes of a transfer,
 *               where the kernel says -EFAULT.
 *
 *   Times       int64_t nanoseconds on the monotonic clock, suffix _ns; -1 is for ever.
 *
 *   Ownership   new/free on the heap, open/close for descriptors; free(NULL) is fine. A
 *               descriptor is the caller's, who closes it after deregistering it.
 *
 *   Threads     said at each call; most belong to one thread, the loop's own.
 *
 *   Manners     the library never prints, never exits, never touches a signal's disposition
 *               without being asked.
 *
 * Chapters
 *
 *   base.h     version, allocator, errors        event.h    what is reported
 *   addr.h     addresses                         socket.h   sockets
 *   poll.h     tokens and events                 loop.h     registrations, one turn, run
 *   timer.h    timers of a loop                  signal.h   signals of a loop
 *   channel.h  messages from threads to a loop   sender.h   who sends them
 *   clock.h    the monotonic clock               signals.h  signals, for polls
 *   process.h  starting a program                child.h    child processes of a loop
 *   stats.h    what a loop has done              item.h     what is registered with it
 *   datagram.h UDP, Unix datagrams, multicast    unix.h     descriptors passed, credentials
 *   pipe.h     pipes                             inherited.h  stdin, stdout, stderr
 *   lua.h      a host program that owns Lua and the loop (not included here)
 */
#ifndef MIO_H
#define MIO_H

#include "mio/addr.h"
#include "mio/base.h"
#include "mio/channel.h"
#include "mio/child.h"
#include "mio/clock.h"
#include "mio/datagram.h"
#include "mio/event.h"
#include "mio/inherited.h"
#include "mio/item.h"
#include "mio/loop.h"
#include "mio/pipe.h"
#include "mio/poll.h"
#include "mio/process.h"
#include "mio/sender.h"
#include "mio/signal.h"
#include "mio/signals.h"
#include "mio/socket.h"
#include "mio/stats.h"
#include "mio/timer.h"
#include "mio/unix.h"

#endif
