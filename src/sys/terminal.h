/*
 * Terminals: the name under which one that is open can be opened once more.
 */
#ifndef MIO__SYS_TERMINAL_H
#define MIO__SYS_TERMINAL_H

#include "mio/base.h"

enum { MIO__TERMINAL_PATH = 128 };

/*
 * Returns 0, or -errno: `fd` is no terminal, or has no name, or is the other side of one, which
 * programs like sshd have. That cannot be opened once more: it would be a new one.
 */
int mio__terminal_path(mio_fd fd, char ret_path[MIO__TERMINAL_PATH]);

#endif
