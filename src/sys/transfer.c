/*
 * Transfers: by preadv2() and pwritev2() where there are such, which is on Linux only.
 */
#include "sys/transfer.h"

#include "sys/descriptor.h"
#include "sys/quiet.h"

#include <stdatomic.h>
#include <sys/stat.h>

#ifdef MIO__HAVE_PWRITEV2
enum { NO_WAIT = RWF_NOWAIT, NO_SIGNAL = 0x100 }; /* RWF_NOSIGNAL, which headers lack */

static ssize_t flagged_read(mio_fd fd, const struct iovec *buffers, int count, int flags)
{
    return preadv2(fd, buffers, count, -1, flags);
}

static ssize_t flagged_write(mio_fd fd, const struct iovec *buffers, int count, int flags)
{
    return pwritev2(fd, buffers, count, -1, flags);
}
#else
enum { NO_WAIT = 1, NO_SIGNAL = 2 };

static ssize_t flagged_read(mio_fd fd, const struct iovec *buffers, int count, int flags)
{
    (void)fd, (void)buffers, (void)count, (void)flags;
    errno = ENOSYS;
    return -1;
}

static ssize_t flagged_write(mio_fd fd, const struct iovec *buffers, int count, int flags)
{
    return flagged_read(fd, buffers, count, flags);
}
#endif

/* Nothing was done, for a flag is not known, or the call: sandboxes answer EPERM to that. */
static bool transfer_is_refused(ssize_t outcome)
{
    return outcome < 0 && (errno == EOPNOTSUPP || errno == ENOSYS || errno == EPERM);
}

static ptrdiff_t transfer_outcome(ssize_t outcome)
{
    return transfer_is_refused(outcome) ? -EOPNOTSUPP : mio__sys_count(outcome);
}

ptrdiff_t mio__transfer_read(mio_fd fd, const struct iovec *buffers, size_t count,
                             mio__transfer_wait wait)
{
    const int limit = mio__sys_vector_count(count);
    ssize_t outcome;

    do
        outcome = wait == MIO__TRANSFER_NO_WAIT ? flagged_read(fd, buffers, limit, NO_WAIT)
                                                : readv(fd, buffers, limit);
    while (mio__sys_interrupted(outcome));
    return wait == MIO__TRANSFER_NO_WAIT ? transfer_outcome(outcome) : mio__sys_count(outcome);
}

/* --------------------------------------------------------------- writing */

/* Where the call itself cannot be told not to raise SIGPIPE. */
static ssize_t write_blocked(mio_fd fd, const struct iovec *buffers, int count, int flags)
{
    mio__quiet state;
    ssize_t outcome;
    int err;

    mio__quiet_begin(&state, fd);
    do
        outcome =
            flags != 0 ? flagged_write(fd, buffers, count, flags) : writev(fd, buffers, count);
    while (mio__sys_interrupted(outcome));
    err = errno;
    mio__quiet_end(&state, fd, outcome < 0 && err == EPIPE);
    errno = err;
    return outcome;
}

/* The kernel does not know NO_SIGNAL: asking it again at every write would be in vain. */
static atomic_bool no_signal_is_refused;

/* That a pipe refuses is the kernel's answer; another file may be one that takes no flags. */
static void write_note_refusal(mio_fd fd)
{
    struct stat status;

    if (fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode))
        atomic_store_explicit(&no_signal_is_refused, true, memory_order_relaxed);
}

static ssize_t write_quiet(mio_fd fd, const struct iovec *buffers, int count, int flags)
{
    ssize_t outcome;

    if (atomic_load_explicit(&no_signal_is_refused, memory_order_relaxed))
        return write_blocked(fd, buffers, count, flags);
    do
        outcome = flagged_write(fd, buffers, count, flags | NO_SIGNAL);
    while (mio__sys_interrupted(outcome));
    if (!transfer_is_refused(outcome))
        return outcome;
    write_note_refusal(fd);
    return write_blocked(fd, buffers, count, flags);
}

ptrdiff_t mio__transfer_write(mio_fd fd, const struct iovec *buffers, size_t count,
                              mio__transfer_wait wait)
{
    const int limit = mio__sys_vector_count(count);

    if (wait == MIO__TRANSFER_NO_WAIT)
        return transfer_outcome(write_quiet(fd, buffers, limit, NO_WAIT));
    return mio__sys_count(write_quiet(fd, buffers, limit, 0));
}
