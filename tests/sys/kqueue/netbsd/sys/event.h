/* What the files over kqueue use of it, with the types that it has on NetBSD: without signs,
 * and EVFILT_READ is 0. */
#ifndef MIO_TESTS_KQUEUE_H
#define MIO_TESTS_KQUEUE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define EVFILT_READ  0U
#define EVFILT_WRITE 1U
#define EVFILT_PROC  4U
#define EVFILT_USER  8U
#define NOTE_TRIGGER 0x01000000U
#define EV_ADD       0x0001U
#define EV_DELETE    0x0002U
#define EV_ENABLE    0x0004U
#define EV_DISABLE   0x0008U
#define EV_CLEAR     0x0020U
#define EV_RECEIPT   0x0040U
#define EV_DISPATCH  0x0080U
#define EV_ERROR     0x4000U
#define EV_EOF       0x8000U
#define NOTE_EXIT    0x80000000U

struct kevent {
    uintptr_t ident;
    uint32_t filter;
    uint32_t flags;
    uint32_t fflags;
    int64_t data;
    void *udata;
};

int kqueue(void);
int kevent(int queue, const struct kevent *changes, size_t change_count, struct kevent *events,
           size_t event_count, const struct timespec *timeout);

#endif
