/*
 * Quiet by a flag of the open file: macOS and NetBSD, where SIGPIPE goes to the whole process,
 * so that a thread's mask is not enough, and where a signal that was taken cannot be told from
 * another.
 *
 * What mio has opened has the flag from the beginning (mio__descriptor_adopt()). Others share
 * an inherited file: it has the flag for the time of a write only. Two threads that write to
 * the same one at once may take it from each other.
 */
#include "sys/quiet.h"

#include <fcntl.h>

void mio__quiet_begin(mio__quiet *quiet, mio_fd fd)
{
    quiet->was_quiet = fcntl(fd, F_GETNOSIGPIPE) == 1;
    if (!quiet->was_quiet)
        fcntl(fd, F_SETNOSIGPIPE, 1);
}

void mio__quiet_end(const mio__quiet *quiet, mio_fd fd, bool raised)
{
    (void)raised;
    if (!quiet->was_quiet)
        fcntl(fd, F_SETNOSIGPIPE, 0);
}
