/*
 * The selector over kqueue.
 *
 * A registration has a knote in the kernel for each filter that it asks for, and its one entry
 * in knotes.h. Changing it deletes the knotes and adds new ones in one system call: adding over
 * an old one changes its trigger on no kernel, wakes a spent oneshot on some only, and does not
 * tell what holds already on others.
 */
#include "sys/kqueue.h"

#include "mio/clock.h"
#include "sys/fork.h"
#include "sys/knotes.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    NS_PER_S = 1000000000,
    SLEEP_MAX_S = 86400, /* some kernels refuse a long time; the wait goes on after it */
    RAW_FITS = sizeof(struct kevent) <= sizeof(mio_event), /* not on FreeBSD */
    RAW_SPARE = RAW_FITS ? 1 : 256
};

/* By the bits of an interest. The types of the members are not the same everywhere. */
static const struct kevent kqueue_filters[] = {
    {.filter = EVFILT_READ},
    {.filter = EVFILT_WRITE},
#ifdef EVFILT_EXCEPT
    {.filter = EVFILT_EXCEPT, .fflags = NOTE_OOB},
#endif
};

enum { FILTERS = sizeof kqueue_filters / sizeof kqueue_filters[0] };

/* ---------------------------------------------------------------- the selector */

int mio__selector_open(mio__selector *selector)
{
    mio__knotes *knotes;
    mio_fd fd;
    int err = mio__fork_watch();

    if (err < 0)
        return err;
    err = mio__kqueue_open(&fd);
    if (err < 0)
        return err;
    knotes = mio__knotes_new();
    if (knotes == NULL) {
        close(fd);
        return -ENOMEM;
    }
    knotes->generation = mio__fork_generation();
    selector->fd = fd;
    selector->knotes = knotes;
    return 0;
}

/* A child of fork() has no such queue: the number may be that of a file of its own by now. */
void mio__selector_close(mio__selector *selector)
{
    if (!mio__fork_since(selector->knotes->generation))
        close(selector->fd);
    mio__knotes_free(selector->knotes);
    selector->knotes = NULL;
    selector->fd = -1;
}

/* The descriptor that dup2() makes is not closed by exec for a moment. */
int mio__selector_replace(mio__selector *selector, mio__selector *fresh)
{
    mio__knotes *const old = selector->knotes;

    if (dup2(fresh->fd, selector->fd) < 0)
        return -errno;
    fcntl(selector->fd, F_SETFD, FD_CLOEXEC);
    selector->knotes = fresh->knotes;
    fresh->knotes = old;
    mio__selector_close(fresh);
    return 0;
}

/* ----------------------------------------------------------------- its changes */

static unsigned short kqueue_flags(unsigned trigger)
{
    if (trigger == MIO_EDGE)
        return EV_ADD | EV_CLEAR;
    return trigger == MIO_ONESHOT ? EV_ADD | EV_DISPATCH : EV_ADD;
}

/* A change of each filter. Returns how many. */
static int change_filters(struct kevent *changes, mio_fd fd, unsigned filters,
                          unsigned short flags, uintptr_t stamp)
{
    int count = 0;

    for (unsigned i = 0; i < FILTERS; i++) {
        if ((filters & 1U << i) == 0)
            continue;
        changes[count] = kqueue_filters[i];
        changes[count].ident = (uintptr_t)fd;
        changes[count].flags = flags;
        mio__kqueue_set_stamp(&changes[count++], stamp);
    }
    return count;
}

/*
 * The kernel refuses to watch a pipe for room (EPIPE) whose reader has gone: a source that is
 * always triggered stands for it, so that its writer hears of that as of any other end. What
 * is added is triggered by a change of its own: not all kernels take both in one. Returns how
 * many changes that makes.
 */
static int change_broken(struct kevent *changes, mio_fd fd, unsigned short flags,
                         uintptr_t stamp)
{
#ifdef EVFILT_USER
    changes[0] = (struct kevent){
        .ident = mio__kqueue_ident_of_fd(fd), .filter = EVFILT_USER, .flags = flags};
    mio__kqueue_set_stamp(&changes[0], stamp);
    if ((flags & EV_ADD) == 0)
        return 1;
    changes[1] = changes[0];
    changes[1].flags = 0;
    changes[1].fflags = NOTE_TRIGGER;
    return 2;
#else
    (void)changes, (void)fd, (void)flags, (void)stamp;
    return 0;
#endif
}

/* All that a registration has in the kernel. */
static int change_all(struct kevent *changes, mio_fd fd, const mio__knote *knote,
                      unsigned short flags)
{
    int count = change_filters(changes, fd, knote->filters, flags, knote->stamp);

    if (knote->broken)
        count += change_broken(changes + count, fd, flags, knote->stamp);
    return count;
}

/* The first that failed, as -errno. Drivers that cannot be polled say so in different ways. */
static int change_result(const struct kevent *changes, int count)
{
    int err = 0;

    for (int i = 0; i < count && err == 0; i++)
        err = -(int)changes[i].data;
    return err == -ENODEV || err == -EOPNOTSUPP ? -EPERM : err;
}

/* What was added, with what stands for a pipe without a reader; nothing of it if that fails. */
static int knote_added(mio_fd queue, mio_fd fd, mio__knote *knote, struct kevent *changes,
                       int count)
{
    struct kevent instead[2];
    int made;

    for (int i = 0; i < count; i++) {
        if (changes[i].data != EPIPE)
            continue;
        made = change_broken(instead, fd, kqueue_flags(knote->trigger), knote->stamp);
        if (made == 0)
            continue;
        mio__kqueue_change(queue, instead, made);
        changes[i].data = -change_result(instead, made);
        knote->broken = true;
        knote->filters &= (uint8_t)~MIO_WRITABLE;
    }
    return change_result(changes, count);
}

static void knote_undo(mio_fd queue, mio_fd fd, const mio__knote *before,
                       const mio__knote *after)
{
    struct kevent changes[MIO__KQUEUE_CHANGES_MAX];
    int count = change_all(changes, fd, after, EV_DELETE);

    mio__kqueue_change(queue, changes, count);
    count = change_all(changes, fd, before,
                       kqueue_flags(before->trigger) | (before->spent ? EV_DISABLE : 0));
    mio__kqueue_change(queue, changes, count);
}

/*
 * Put `after` in the place of `before`; both may be nothing. Where the kernel does not know
 * what was there, because it was closed, the registration has ended: -ENOENT or -EBADF.
 */
static int knote_change(const mio__selector *selector, mio_fd fd, mio__knote after)
{
    mio__knote *knote = &selector->knotes->fds.knotes[fd];
    struct kevent changes[MIO__KQUEUE_CHANGES_MAX];
    const int ended = change_all(changes, fd, knote, EV_DELETE);
    const int count =
        ended + change_all(changes + ended, fd, &after, kqueue_flags(after.trigger));
    int err, end_err;

    mio__kqueue_change(selector->fd, changes, count);
    end_err = change_result(changes, ended);
    if (end_err < 0)
        *knote = (mio__knote){.stamp = 0};
    err = knote_added(selector->fd, fd, &after, changes + ended, count - ended);
    if (end_err < 0 || err < 0) {
        knote_undo(selector->fd, fd, knote, &after);
        return end_err < 0 ? end_err : err;
    }
    *knote = after;
    return 0;
}

/* Spent, it is told of by nobody, not even what the kernel has told already. */
static int knote_suspend(const mio__selector *selector, mio_fd fd, mio__knote *knote)
{
    struct kevent changes[MIO__KQUEUE_CHANGES_MAX];
    const int count = change_all(changes, fd, knote, EV_DISABLE);
    int err;

    mio__kqueue_change(selector->fd, changes, count);
    err = change_result(changes, count);
    if (err < 0)
        *knote = (mio__knote){.stamp = 0};
    else
        knote->spent = true;
    return err;
}

/* Whether the kernel knows it still. Asked with what holds anyway; of an edge that is there it
   may be told once more. */
static bool knote_lives(const mio__selector *selector, mio_fd fd)
{
    const mio__knote *knote = mio__knotes_get(&selector->knotes->fds, (size_t)fd);
    struct kevent changes[MIO__KQUEUE_CHANGES_MAX];

    if (knote == NULL)
        return false;
    mio__kqueue_change(selector->fd, changes,
                       change_all(changes, fd, knote, knote->spent ? EV_DISABLE : EV_ENABLE));
    return changes[0].data != ENOENT && changes[0].data != EBADF;
}

/* Kernels answer for files and folders at once, and say no more at their end. */
static int knote_may_be(const mio__selector *selector, mio_fd fd, mio_interest interest)
{
    struct stat status;

    if (fd == selector->fd)
        return -EINVAL;
    if (fstat(fd, &status) < 0)
        return -errno;
    if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))
        return -EPERM;
    return interest >> FILTERS != 0 ? -EOPNOTSUPP : 0;
}

static mio__knote knote_of(mio__knotes *knotes, uint64_t token, mio_interest interest,
                           mio_trigger trigger)
{
    return (mio__knote){.token = token,
                        .stamp = mio__knotes_stamp(knotes),
                        .filters = (uint8_t)interest,
                        .trigger = (uint8_t)trigger};
}

static int knote_absent(mio_fd fd)
{
    return fcntl(fd, F_GETFD) < 0 ? -errno : -ENOENT;
}

int mio__selector_register(mio__selector *selector, mio_fd fd, uint64_t token,
                           mio_interest interest, mio_trigger trigger)
{
    mio__knotes *knotes = selector->knotes;
    int err = knote_may_be(selector, fd, interest);

    if (err < 0)
        return err;
    pthread_mutex_lock(&knotes->lock);
    err = knote_lives(selector, fd) ? -EEXIST : mio__knotes_reserve(&knotes->fds, (size_t)fd);
    if (err == 0) {
        knotes->fds.knotes[fd] = (mio__knote){.stamp = 0};
        err = knote_change(selector, fd, knote_of(knotes, token, interest, trigger));
    }
    pthread_mutex_unlock(&knotes->lock);
    return err;
}

int mio__selector_reregister(mio__selector *selector, mio_fd fd, uint64_t token,
                             mio_interest interest, mio_trigger trigger)
{
    mio__knotes *knotes = selector->knotes;
    int err;

    if (interest >> FILTERS != 0)
        return -EOPNOTSUPP;
    pthread_mutex_lock(&knotes->lock);
    if (mio__knotes_get(&knotes->fds, (size_t)fd) == NULL)
        err = knote_absent(fd);
    else
        err = knote_change(selector, fd, knote_of(knotes, token, interest, trigger));
    pthread_mutex_unlock(&knotes->lock);
    return err;
}

/* No event comes that the token would be for. */
int mio__selector_suspend(mio__selector *selector, mio_fd fd, uint64_t token)
{
    mio__knotes *knotes = selector->knotes;
    mio__knote *knote;
    int err;

    (void)token;
    pthread_mutex_lock(&knotes->lock);
    knote = mio__knotes_get(&knotes->fds, (size_t)fd);
    err = knote == NULL ? knote_absent(fd) : knote_suspend(selector, fd, knote);
    pthread_mutex_unlock(&knotes->lock);
    return err;
}

int mio__selector_deregister(mio__selector *selector, mio_fd fd)
{
    mio__knotes *knotes = selector->knotes;
    int err;

    pthread_mutex_lock(&knotes->lock);
    if (mio__knotes_get(&knotes->fds, (size_t)fd) == NULL)
        err = knote_absent(fd);
    else
        err = knote_change(selector, fd, (mio__knote){.stamp = 0});
    pthread_mutex_unlock(&knotes->lock);
    return err;
}

/* ------------------------------------------------------------------ the waiting */

/* The table of facts. A filter that comes to an end tells the error in `fflags`. */
static unsigned raw_ready(const struct kevent *raw)
{
    const bool ends = (raw->flags & EV_EOF) != 0;
    const bool fails = (raw->flags & EV_ERROR) != 0 || (ends && raw->fflags != 0);
    unsigned ready = fails ? MIO_ERROR : 0;

    switch (raw->filter) {
    case EVFILT_WRITE:
        return ready | MIO_WRITABLE | (ends ? MIO_WRITE_CLOSED : 0);
#ifdef EVFILT_EXCEPT
    case EVFILT_EXCEPT:
        return ends ? MIO_READ_CLOSED : ready | MIO_PRIORITY;
#endif
#ifdef EVFILT_USER
    case EVFILT_USER:
        return raw->ident % 2 == 0 ? MIO_WRITABLE | MIO_WRITE_CLOSED : MIO_READABLE;
#endif
    default:
        return ready | MIO_READABLE | (ends ? MIO_READ_CLOSED : 0);
    }
}

/* Whom it is for: nobody, where that has been changed, ended or told meanwhile. */
static mio__knote *raw_knote(const mio__knotes *knotes, const struct kevent *raw)
{
    const mio__knote_row *row = &knotes->fds;
    uintptr_t number = raw->ident;
    mio__knote *knote;

#ifdef EVFILT_USER
    if (raw->filter == EVFILT_USER) {
        row = number % 2 == 0 ? &knotes->fds : &knotes->wakers;
        number /= 2;
    }
#endif
    knote = mio__knotes_get(row, number);
    return knote != NULL && knote->stamp == mio__kqueue_stamp(raw) && !knote->spent ? knote
                                                                                    : NULL;
}

/*
 * The kernel's array may lie at the end of the caller's: event i is written over raw entries
 * up to i only, and those have been read. While an event is merged, its `id` leads to its
 * knote.
 */
static int raw_merge(const mio__knotes *knotes, const struct kevent *raw, int count,
                     mio_event *events)
{
    int merged = 0;

    for (int i = 0; i < count; i++) {
        const struct kevent entry = raw[i];
        mio__knote *knote = raw_knote(knotes, &entry);

        if (knote == NULL)
            continue;
        if (knote->place == 0) {
            events[merged] =
                (mio_event){.kind = MIO_READY, .token = knote->token, .id = (uintptr_t)knote};
            knote->place = ++merged;
        }
        events[knote->place - 1].ready |= raw_ready(&entry);
    }
    return merged;
}

/* A oneshot is spent now, for whichever of its filters has not been told yet as well. */
static void raw_finish(mio_event *events, int merged)
{
    for (int i = 0; i < merged; i++) {
        mio__knote *knote = (mio__knote *)(uintptr_t)events[i].id;

        knote->place = 0;
        knote->spent = knote->trigger == MIO_ONESHOT;
        events[i].id = 0;
    }
}

static int wait_raw(mio_fd queue, struct kevent *raw, int capacity, int64_t sleep_ns)
{
    const mio__kqueue_count room =
        (mio__kqueue_count)(capacity < USHRT_MAX ? capacity : USHRT_MAX);
    struct timespec timeout = {.tv_sec = SLEEP_MAX_S};

    if (sleep_ns < 0)
        return kevent(queue, NULL, 0, raw, room, NULL);
    if (sleep_ns / NS_PER_S < SLEEP_MAX_S) {
        timeout.tv_sec = (time_t)(sleep_ns / NS_PER_S);
        timeout.tv_nsec = (long)(sleep_ns % NS_PER_S);
    }
    return kevent(queue, NULL, 0, raw, room, &timeout);
}

/* What is left until `deadline_ns`; a wait for ever has none. */
static int64_t wait_rest(int64_t timeout_ns, int64_t deadline_ns)
{
    int64_t rest_ns;

    if (timeout_ns <= 0)
        return timeout_ns;
    rest_ns = deadline_ns - mio_now_ns();
    return rest_ns > 0 ? rest_ns : 0;
}

static int64_t wait_deadline(int64_t timeout_ns)
{
    int64_t now_ns;

    if (timeout_ns <= 0)
        return 0;
    now_ns = mio_now_ns();
    return timeout_ns > INT64_MAX - now_ns ? INT64_MAX : now_ns + timeout_ns;
}

/* A kernel may wake early, and all that it tells may be for nobody: then the wait goes on. */
int mio__selector_wait(mio__selector *selector, mio_event *events, int capacity,
                       int64_t timeout_ns)
{
    const int64_t deadline_ns = wait_deadline(timeout_ns);
    mio__knotes *knotes = selector->knotes;
    struct kevent spare[RAW_SPARE];
    struct kevent *raw =
        RAW_FITS ? (struct kevent *)(void *)(events + capacity) - capacity : spare;
    const int room = RAW_FITS || capacity < RAW_SPARE ? capacity : RAW_SPARE;
    int64_t rest_ns = timeout_ns;
    int count, merged;

    for (;;) {
        count = wait_raw(selector->fd, raw, room, rest_ns);
        if (count < 0)
            return -errno;
        pthread_mutex_lock(&knotes->lock);
        merged = raw_merge(knotes, raw, count, events);
        raw_finish(events, merged);
        pthread_mutex_unlock(&knotes->lock);
        if (merged > 0 || (count == 0 && rest_ns == 0))
            return merged;
        rest_ns = wait_rest(timeout_ns, deadline_ns);
    }
}
