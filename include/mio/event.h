/*
 * Events: what a poll or a loop reports.
 */
#ifndef MIO_EVENT_H
#define MIO_EVENT_H

#include "mio/base.h"

/*
 * What a registration asks for, never empty; the same bits say in mio_event.ready what came.
 */
enum {
    MIO_READABLE = 1, /* a read or an accept does not wait; so does one that ends or fails */
    MIO_WRITABLE = 2, /* a write does not wait; so does one that fails; a connect has ended */
    MIO_PRIORITY = 4  /* out-of-band data (TCP urgent data, a pseudo-terminal's packet mode) */
};
typedef unsigned mio_interest;

/*
 * Further bits of mio_event.ready, reported without being asked for.
 *
 * A reader whose peer is gone is always told MIO_READABLE too, a writer MIO_WRITABLE: a
 * program that looks at nothing else sees the end or the error from its next call.
 */
enum {
    MIO_ERROR = 8,        /* an error is pending: mio_socket_take_error(), or the next call */
    MIO_READ_CLOSED = 16, /* the peer will send no more; what it has sent is still there */
    MIO_WRITE_CLOSED = 32 /* nobody will receive what is written */
};

/*
 * Datagrams have no end. Of their sockets MIO_WRITE_CLOSED, always with MIO_ERROR, says that an
 * earlier datagram was refused (an ICMP message came back): the next call tells that once, and
 * the socket goes on.
 */

/*
 * When a condition is reported.
 */
typedef enum mio_trigger {
    MIO_LEVEL, /* each turn while the condition holds: the default of the handler style */
    MIO_EDGE,  /* once each time it comes about: read or write until -EAGAIN or a short count */
    MIO_ONESHOT /* once, then silent until the registration is renewed by reregister */
} mio_trigger;

/*
 * What an event is about. A poll reports MIO_READY only.
 */
typedef enum mio_event_kind {
    MIO_READY,       /* a descriptor: `ready` says what for */
    MIO_SIGNAL,      /* a signal came: `value` is its number */
    MIO_CHILD,       /* a child process has ended: see mio/child.h */
    MIO_NOTIFY,      /* a message came through a channel, or no more will come */
    MIO_TIMEOUT,     /* a timer is due */
    MIO_INTERRUPTED, /* the wait was cut short by a signal handler of the program */
    MIO_TICK         /* the turn's end: everything else of the turn was delivered */
} mio_event_kind;

typedef struct mio_event {
    mio_event_kind kind;
    unsigned ready; /* MIO_READY: the bits above; MIO_CHILD: MIO_ERROR or 0; otherwise 0 */
    uint64_t token; /* the user's own word, given at registration */
    uint64_t id;    /* the registration, timer, signal, child or channel; 0 from a poll */
    union {
        int64_t value;       /* MIO_SIGNAL: its number; MIO_CHILD: its status; otherwise 0 */
        const void *message; /* MIO_NOTIFY: see mio/channel.h; NULL at the channel's end */
    };
} mio_event;

#endif
