/*
 * Terminals on BSD and macOS: by their names in /dev.
 */
#include "sys/terminal.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

/* Where nothing tells, its name does not lead to it (FreeBSD 12), or cannot be opened
 * (OpenBSD). */
static bool terminal_is_other_side(mio_fd fd)
{
#ifdef MIO__HAVE_PTSNAME_R
    char other[MIO__TERMINAL_PATH];

    return ptsname_r(fd, other, sizeof other) == 0;
#else
    (void)fd;
    return false;
#endif
}

int mio__terminal_path(mio_fd fd, char ret_path[MIO__TERMINAL_PATH])
{
    if (terminal_is_other_side(fd))
        return -ENOTTY;
    return -ttyname_r(fd, ret_path, MIO__TERMINAL_PATH);
}
