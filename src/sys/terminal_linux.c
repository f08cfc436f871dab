/*
 * Terminals on Linux. Their names in /dev need not be there, as in a container; what /proc
 * calls them is.
 */
#include "sys/terminal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int mio__terminal_path(mio_fd fd, char ret_path[MIO__TERMINAL_PATH])
{
    char other[MIO__TERMINAL_PATH];

    if (!isatty(fd) || ptsname_r(fd, other, sizeof other) == 0)
        return -ENOTTY;
    snprintf(ret_path, MIO__TERMINAL_PATH, "/proc/self/fd/%d", fd);
    return 0;
}
