/*
 * The selector over epoll.
 */
#include "sys/selector.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { NS_PER_MS = 1000000, NS_PER_S = 1000000000 };

int mio__selector_open(mio__selector *selector)
{
    int fd = epoll_create1(EPOLL_CLOEXEC);

    if (fd < 0)
        return -errno;
    selector->fd = fd;
    return 0;
}

void mio__selector_close(mio__selector *selector)
{
    close(selector->fd);
    selector->fd = -1;
}

int mio__selector_replace(mio__selector *selector, mio__selector *fresh)
{
    if (dup3(fresh->fd, selector->fd, O_CLOEXEC) < 0)
        return -errno;
    mio__selector_close(fresh);
    return 0;
}

/* RDHUP goes with IN: it alone tells a reader that the peer has shut its side down. */
static uint32_t epoll_mask(mio_interest interest, mio_trigger trigger)
{
    uint32_t mask = 0;

    if (interest & MIO_READABLE)
        mask |= EPOLLIN | EPOLLRDHUP;
    if (interest & MIO_WRITABLE)
        mask |= EPOLLOUT;
    if (interest & MIO_PRIORITY)
        mask |= EPOLLPRI;
    if (trigger == MIO_EDGE)
        mask |= EPOLLET;
    if (trigger == MIO_ONESHOT)
        mask |= EPOLLONESHOT;
    return mask;
}

static int epoll_change(mio__selector *selector, int operation, mio_fd fd, uint64_t token,
                        uint32_t mask)
{
    struct epoll_event change = {.events = mask, .data.u64 = token};

    return epoll_ctl(selector->fd, operation, fd, &change) == 0 ? 0 : -errno;
}

int mio__selector_register(mio__selector *selector, mio_fd fd, uint64_t token,
                           mio_interest interest, mio_trigger trigger)
{
    return epoll_change(selector, EPOLL_CTL_ADD, fd, token, epoll_mask(interest, trigger));
}

int mio__selector_reregister(mio__selector *selector, mio_fd fd, uint64_t token,
                             mio_interest interest, mio_trigger trigger)
{
    return epoll_change(selector, EPOLL_CTL_MOD, fd, token, epoll_mask(interest, trigger));
}

/* ERR and HUP are reported whatever the mask: level-triggered without end, edge-triggered at
   every change, but oneshot once only. */
int mio__selector_suspend(mio__selector *selector, mio_fd fd, uint64_t token)
{
    return epoll_change(selector, EPOLL_CTL_MOD, fd, token, EPOLLONESHOT);
}

int mio__selector_deregister(mio__selector *selector, mio_fd fd)
{
    return epoll_change(selector, EPOLL_CTL_DEL, fd, 0, 0);
}

/*
 * The table of facts: HUP and ERR make a reader readable and a writer writable, so that
 * neither a pipe whose writer is gone (HUP alone) nor one whose reader is gone (ERR alone)
 * is silent. A peer's FIN is IN+RDHUP; OUT+ERR, or ERR alone, is a writer's broken pipe.
 */
static unsigned epoll_ready(uint32_t mask)
{
    unsigned ready = 0;

    if (mask == EPOLLIN) /* nothing but data: the common case, level-triggered ... */
        return MIO_READABLE;
    if (mask == (EPOLLIN | EPOLLOUT)) /* ... and edge-triggered */
        return MIO_READABLE | MIO_WRITABLE;
    if (mask & (EPOLLIN | EPOLLPRI | EPOLLHUP | EPOLLERR))
        ready |= MIO_READABLE;
    if (mask & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        ready |= MIO_WRITABLE;
    if (mask & EPOLLPRI)
        ready |= MIO_PRIORITY;
    if (mask & EPOLLERR)
        ready |= MIO_ERROR;
    if (mask & EPOLLHUP || (mask & (EPOLLIN | EPOLLRDHUP)) == (EPOLLIN | EPOLLRDHUP))
        ready |= MIO_READ_CLOSED;
    if (mask & EPOLLHUP || (mask & (EPOLLOUT | EPOLLERR)) == (EPOLLOUT | EPOLLERR) ||
        mask == EPOLLERR)
        ready |= MIO_WRITE_CLOSED;
    return ready;
}

static int epoll_sleep_ms(int fd, struct epoll_event *raw, int capacity, int64_t timeout_ns)
{
    const int64_t timeout_ms = timeout_ns / NS_PER_MS + (timeout_ns % NS_PER_MS != 0);

    return epoll_wait(fd, raw, capacity, timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms);
}

#ifdef MIO__HAVE_EPOLL_PWAIT2
/* Linux has it from 5.11 on, and sandboxes that do not know it answer EPERM: asking again at
   every wait would double the system calls there. */
static atomic_bool pwait2_is_refused;

static int epoll_sleep_ns(int fd, struct epoll_event *raw, int capacity, int64_t timeout_ns)
{
    struct timespec timeout = {.tv_sec = (time_t)(timeout_ns / NS_PER_S),
                               .tv_nsec = (long)(timeout_ns % NS_PER_S)};
    int count;

    if (atomic_load_explicit(&pwait2_is_refused, memory_order_relaxed))
        return epoll_sleep_ms(fd, raw, capacity, timeout_ns);
    count = epoll_pwait2(fd, raw, capacity, &timeout, NULL);
    if (count >= 0 || (errno != ENOSYS && errno != EPERM))
        return count;
    atomic_store_explicit(&pwait2_is_refused, true, memory_order_relaxed);
    return epoll_sleep_ms(fd, raw, capacity, timeout_ns);
}
#else
static int epoll_sleep_ns(int fd, struct epoll_event *raw, int capacity, int64_t timeout_ns)
{
    return epoll_sleep_ms(fd, raw, capacity, timeout_ns);
}
#endif

/* Finite waits use nanoseconds where the kernel has them, else milliseconds rounded up. */
static int epoll_sleep(int fd, struct epoll_event *raw, int capacity, int64_t timeout_ns)
{
    if (timeout_ns > 0)
        return epoll_sleep_ns(fd, raw, capacity, timeout_ns);
    return epoll_wait(fd, raw, capacity, timeout_ns < 0 ? -1 : 0);
}

/*
 * The kernel's array lies at the end of the caller's: struct epoll_event is the smaller one,
 * so turning raw entry i into event i never overwrites a raw entry that is still to be read.
 */
int mio__selector_wait(mio__selector *selector, mio_event *events, int capacity,
                       int64_t timeout_ns)
{
    struct epoll_event *raw = (struct epoll_event *)(void *)(events + capacity) - capacity;
    int count = epoll_sleep(selector->fd, raw, capacity, timeout_ns);

    if (count < 0)
        return -errno;
    for (int i = 0; i < count; i++) {
        struct epoll_event entry;

        memcpy(&entry, &raw[i], sizeof entry);
        events[i] = (mio_event){
            .kind = MIO_READY, .ready = epoll_ready(entry.events), .token = entry.data.u64};
    }
    return count;
}

_Static_assert(sizeof(struct epoll_event) <= sizeof(mio_event), "raw entries fit");
