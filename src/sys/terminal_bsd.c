/*
 * Terminals on BSD and macOS: by their names in /dev.
 */
#include "sys/terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

int mio__terminal_path(mio_fd fd, char ret_path[MIO__TERMINAL_PATH])
{
    char other[MIO__TERMINAL_PATH];

    if (ptsname_r(fd, other, sizeof other) == 0)
        return -ENOTTY;
    return -ttyname_r(fd, ret_path, MIO__TERMINAL_PATH);
}
