/* What the files over kqueue use of it, with the types that it has on FreeBSD: an entry is
 * larger than an event of mio. */
#ifndef MIO_TESTS_KQUEUE_H
#define MIO_TESTS_KQUEUE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define EVFILT_READ  (-1)
#define EVFILT_WRITE (-2)
#define EVFILT_PROC  (-5)
#define EVFILT_USER  (-11)
#define NOTE_TRIGGER 0x01000000
#define EV_ADD       0x0001
#define EV_DELETE    0x0002
#define EV_ENABLE    0x0004
#define EV_DISABLE   0x0008
#define EV_CLEAR     0x0020
#define EV_RECEIPT   0x0040
#define EV_DISPATCH  0x0080
#define EV_ERROR     0x4000
#define EV_EOF       0x8000
#define NOTE_EXIT    0x80000000

struct kevent {
    uintptr_t ident;
    short filter;
    unsigned short flags;
    unsigned fflags;
    int64_t data;
    void *udata;
    uint64_t ext[4];
};

int kqueue(void);
int kevent(int queue, const struct kevent *changes, int change_count, struct kevent *events,
           int event_count, const struct timespec *timeout);

#endif
