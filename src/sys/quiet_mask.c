/*
 * Quiet by the thread's signal mask, where SIGPIPE goes to the thread that has written: Linux
 * and the BSDs but NetBSD.
 */
#include "sys/quiet.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

static bool quiet_is_pending(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

static sigset_t quiet_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    return signals;
}

void mio__quiet_begin(mio__quiet *quiet, mio_fd fd)
{
    const sigset_t signals = quiet_signals();

    (void)fd;
    pthread_sigmask(SIG_BLOCK, &signals, &quiet->before);
    quiet->was_quiet = sigismember(&quiet->before, SIGPIPE) == 1;
    quiet->was_pending = quiet->was_quiet && quiet_is_pending();
}

/* Never blocks: the write has left one for this thread, if none was there before. */
static void take_one(void)
{
    const sigset_t signals = quiet_signals();
#ifdef MIO__HAVE_SIGTIMEDWAIT
    const struct timespec now = {.tv_sec = 0};

    while (sigtimedwait(&signals, NULL, &now) < 0 && errno == EINTR)
        continue;
#else
    int taken;

    if (quiet_is_pending())
        sigwait(&signals, &taken);
#endif
}

/*
 * The kernel takes what waits for the thread before what waits for the whole process, and keeps
 * one of each at the most: so ours may have been one with another one, which is sent again.
 */
static void quiet_take(const mio__quiet *quiet)
{
    take_one();
    if (quiet->was_pending && !quiet_is_pending())
        pthread_kill(pthread_self(), SIGPIPE);
}

void mio__quiet_end(const mio__quiet *quiet, mio_fd fd, bool raised)
{
    (void)fd;
    if (raised)
        quiet_take(quiet);
    if (!quiet->was_quiet)
        pthread_sigmask(SIG_SETMASK, &quiet->before, NULL);
}
