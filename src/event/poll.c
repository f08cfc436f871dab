/*
 * The poll is a selector on the heap plus checked arguments; a waker holds the poll it is
 * registered in.
 */
#include "mio/poll.h"

#include "base/alloc.h"
#include "event/interest.h"
#include "sys/selector.h"
#include "sys/waker.h"

#include <errno.h>

struct mio_poll {
    mio__selector selector;
    mio_allocator allocator;
};

struct mio_waker {
    mio__waker waker;
    mio_poll *poll;
};

int mio_poll_new(const mio_allocator *allocator, mio_poll **ret_poll)
{
    const mio_allocator *from = mio__alloc_or_default(allocator);
    mio_poll *poll;
    int err;

    if (ret_poll == NULL)
        return -EINVAL;
    poll = mio__alloc(from, sizeof *poll);
    if (poll == NULL)
        return -ENOMEM;
    err = mio__selector_open(&poll->selector);
    if (err < 0) {
        mio__alloc_free(from, poll, sizeof *poll);
        return err;
    }
    poll->allocator = *from;
    *ret_poll = poll;
    return 0;
}

void mio_poll_free(mio_poll *poll)
{
    if (poll == NULL)
        return;
    mio_allocator allocator = poll->allocator;
    mio__selector_close(&poll->selector);
    mio__alloc_free(&allocator, poll, sizeof *poll);
}

int mio_poll_register(mio_poll *poll, mio_fd fd, uint64_t token, mio_interest interest,
                      mio_trigger trigger)
{
    if (!mio__interest_is_valid(interest, trigger))
        return -EINVAL;
    return mio__selector_register(&poll->selector, fd, token, interest, trigger);
}

int mio_poll_reregister(mio_poll *poll, mio_fd fd, uint64_t token, mio_interest interest,
                        mio_trigger trigger)
{
    if (!mio__interest_is_valid(interest, trigger))
        return -EINVAL;
    return mio__selector_reregister(&poll->selector, fd, token, interest, trigger);
}

int mio_poll_deregister(mio_poll *poll, mio_fd fd)
{
    return mio__selector_deregister(&poll->selector, fd);
}

int mio_poll_wait(mio_poll *poll, mio_event *events, int capacity, int64_t timeout_ns)
{
    if (events == NULL || capacity < 1 || timeout_ns < -1)
        return -EINVAL;
    return mio__selector_wait(&poll->selector, events, capacity, timeout_ns);
}

mio_fd mio_poll_fd(const mio_poll *poll)
{
    return poll->selector.fd;
}

int mio_waker_new(mio_poll *poll, uint64_t token, mio_waker **ret_waker)
{
    mio_waker *waker;
    int err;

    if (ret_waker == NULL)
        return -EINVAL;
    waker = mio__alloc(&poll->allocator, sizeof *waker);
    if (waker == NULL)
        return -ENOMEM;
    err = mio__waker_open(&waker->waker, &poll->selector, token);
    if (err < 0) {
        mio__alloc_free(&poll->allocator, waker, sizeof *waker);
        return err;
    }
    waker->poll = poll;
    *ret_waker = waker;
    return 0;
}

int mio_waker_wake(mio_waker *waker)
{
    return mio__waker_wake(&waker->waker);
}

void mio_waker_free(mio_waker *waker)
{
    if (waker == NULL)
        return;
    mio__waker_close(&waker->waker, &waker->poll->selector);
    mio__alloc_free(&waker->poll->allocator, waker, sizeof *waker);
}
