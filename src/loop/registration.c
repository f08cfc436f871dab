/*
 * Registrations of descriptors: the kernel's entry, the slab's object and the map's line are
 * made and ended together, here and nowhere else.
 */
#include "event/interest.h"
#include "loop/loop.h"

#include <errno.h>

/* Conditions that are not asked for are masked; ends and errors are always told. */
static void registration_set(mio__registration *registration, mio_interest interest,
                             mio_trigger trigger)
{
    registration->interest = (uint8_t)interest;
    registration->reports =
        (uint8_t)(interest | MIO_ERROR | MIO_READ_CLOSED | MIO_WRITE_CLOSED);
    registration->trigger = (uint8_t)trigger;
}

/* See rebuild.c. */
static void registration_bereave(mio_loop *loop)
{
    loop->bereft = true;
    loop->bereft_turn = loop->turn;
}

static void registration_unpause(mio_loop *loop, mio__registration *registration)
{
    if (registration->pause_id == 0)
        return;
    mio__timers_cancel(&loop->timers, registration->pause_id);
    registration->pause_id = 0;
    loop->resting--;
}

static void registration_end(mio_loop *loop, mio__registration *registration)
{
    registration_unpause(loop, registration);
    loop->own -= registration->own != LOOP_OWN_NONE;
    mio__fd_map_set(&loop->fds, registration->fd, 0);
    mio__slab_remove(&loop->registrations, mio__slab_id(registration));
}

/*
 * The kernel took `fd` as new, though the map knows it: the file behind the number was closed
 * without a word, and the number names another one now.
 */
static void registration_displace(mio_loop *loop, mio_fd fd)
{
    mio__registration *old =
        mio__slab_get(&loop->registrations, mio__fd_map_get(&loop->fds, fd));

    if (old == NULL)
        return;
    registration_bereave(loop);
    registration_end(loop, old);
}

static int registration_arm(mio_loop *loop, mio_fd fd, uint64_t id, mio_interest interest,
                            mio_trigger trigger)
{
    int err = mio__selector_register(&loop->selector, fd, id, interest, trigger);

    if (err < 0)
        return err;
    err = mio__fd_map_reserve(&loop->fds, fd); /* not before: any number may be asked for */
    if (err < 0) {
        mio__selector_deregister(&loop->selector, fd);
        return err;
    }
    registration_displace(loop, fd);
    return 0;
}

int mio_loop_register(mio_loop *loop, mio_fd fd, mio_interest interest, mio_trigger trigger,
                      uint64_t token, uint64_t *ret_id)
{
    mio__registration *registration;
    void *item;
    uint64_t id;
    int err;

    if (!mio__interest_is_valid(interest, trigger))
        return -EINVAL;
    if (mio__loop_is_stale(loop))
        return -ESTALE;
    err = mio__slab_insert(&loop->registrations, &item, &id);
    if (err < 0)
        return err;
    err = registration_arm(loop, fd, id, interest, trigger);
    if (err < 0) {
        mio__slab_remove(&loop->registrations, id);
        return err;
    }
    registration = item;
    registration->token = token;
    registration->fd = fd;
    registration_set(registration, interest, trigger);
    mio__fd_map_set(&loop->fds, fd, id);
    if (ret_id != NULL)
        *ret_id = id;
    return 0;
}

/* The descriptor is gone: so is the registration. Other errors leave it as it was. */
static int registration_lost(mio_loop *loop, mio__registration *registration, int err)
{
    if (err != -EBADF && err != -ENOENT)
        return err;
    registration_bereave(loop);
    registration_end(loop, registration);
    return -EBADF;
}

static int registration_change(mio_loop *loop, mio__registration *registration,
                               mio_interest interest, mio_trigger trigger)
{
    if (registration->pause_id == 0 && registration->interest == interest &&
        registration->trigger == MIO_LEVEL && trigger == MIO_LEVEL)
        return 0; /* a level is reported anew anyway */
    return mio__selector_reregister(&loop->selector, registration->fd,
                                    mio__slab_id(registration), interest, trigger);
}

/* What a call of the user names: a registration, but none of the loop's own. */
static mio__registration *registration_find(const mio_loop *loop, uint64_t id)
{
    mio__registration *registration = mio__slab_get(&loop->registrations, id);

    return registration != NULL && registration->own ? NULL : registration;
}

int mio_loop_reregister(mio_loop *loop, uint64_t id, mio_interest interest, mio_trigger trigger)
{
    mio__registration *registration = registration_find(loop, id);
    int err;

    if (!mio__interest_is_valid(interest, trigger))
        return -EINVAL;
    if (registration == NULL)
        return -ENOENT;
    if (mio__loop_is_stale(loop))
        return -ESTALE;
    err = registration_change(loop, registration, interest, trigger);
    if (err < 0)
        return registration_lost(loop, registration, err);
    registration_unpause(loop, registration);
    registration_set(registration, interest, trigger);
    return 0;
}

/* Where the kernel does not find the descriptor, a duplicate of it may be a ghost. */
static void registration_disarm(mio_loop *loop, const mio__registration *registration)
{
    if (mio__loop_is_stale(loop))
        return; /* the parent's entry is to stay */
    if (mio__selector_deregister(&loop->selector, registration->fd) < 0)
        registration_bereave(loop);
}

int mio_loop_deregister(mio_loop *loop, uint64_t id)
{
    mio__registration *registration = registration_find(loop, id);

    if (registration == NULL)
        return mio__loop_signal_end(loop, id) == 0 ? 0 : mio__loop_child_end(loop, id);
    registration_disarm(loop, registration);
    registration_end(loop, registration);
    return 0;
}

int mio__loop_register_own(mio_loop *loop, mio_fd fd, mio__own own, uint64_t token,
                           uint64_t *ret_id)
{
    mio__registration *registration;
    int err = mio_loop_register(loop, fd, MIO_READABLE, MIO_LEVEL, token, ret_id);

    if (err < 0)
        return err;
    registration = mio__slab_get(&loop->registrations, *ret_id);
    registration->own = (uint8_t)own;
    registration->reports = 0;
    loop->own++;
    return 0;
}

void mio__loop_deregister_own(mio_loop *loop, uint64_t id)
{
    mio__registration *registration = mio__slab_get(&loop->registrations, id);

    if (registration == NULL)
        return; /* the program has closed a descriptor that is not its own */
    registration_disarm(loop, registration);
    registration_end(loop, registration);
}

int mio_loop_pause(mio_loop *loop, uint64_t id, int64_t delay_ns)
{
    mio__registration *registration = registration_find(loop, id);
    int64_t now_ns = mio_loop_now(loop);
    uint64_t pause_id;
    int err;

    if (delay_ns < 0)
        return -EINVAL;
    if (registration == NULL)
        return -ENOENT;
    if (mio__loop_is_stale(loop))
        return -ESTALE;
    if (registration->pause_id != 0)
        return mio__timers_reset(&loop->timers, registration->pause_id, now_ns, delay_ns);
    err = mio__timers_add(&loop->timers, now_ns, delay_ns, MIO__TIMER_RESUME, id, &pause_id);
    if (err < 0)
        return err;
    err = mio__selector_suspend(&loop->selector, registration->fd, id);
    if (err < 0) {
        mio__timers_cancel(&loop->timers, pause_id);
        return registration_lost(loop, registration, err);
    }
    registration->pause_id = pause_id;
    registration->reports = 0; /* not even from the batch in hand */
    loop->resting++;
    return 0;
}

int mio__loop_resume(mio_loop *loop, uint64_t id, mio_event *ret_event)
{
    mio__registration *registration = mio__slab_get(&loop->registrations, id);
    int err = -ESTALE;

    registration_unpause(loop, registration); /* its timer has ended by being fetched */
    registration_set(registration, registration->interest, (mio_trigger)registration->trigger);
    if (!mio__loop_is_stale(loop))
        err = mio__selector_reregister(&loop->selector, registration->fd, id,
                                       registration->interest,
                                       (mio_trigger)registration->trigger);
    if (err == 0)
        return 0;
    registration_disarm(loop, registration);
    *ret_event = (mio_event){.kind = MIO_READY,
                             .ready = MIO_ERROR | registration->interest,
                             .token = registration->token,
                             .id = id};
    registration_end(loop, registration);
    return 1;
}
