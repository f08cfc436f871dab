/*
 * Processes: starting a program, with its standard streams in hand.
 */
#ifndef MIO_PROCESS_H
#define MIO_PROCESS_H

#include "mio/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What a standard stream of the new process is.
 */
typedef enum mio_process_stream {
    MIO_PROCESS_INHERIT, /* that of this process */
    MIO_PROCESS_NULL,    /* /dev/null: gives nothing, takes everything */
    MIO_PROCESS_PIPE     /* one end of a stream whose other end is ours */
} mio_process_stream;

enum { MIO_PROCESS_STREAMS = 3 }; /* standard input, output and error, in this order */

/*
 * What is to be started, and how. A field that is 0 takes its default.
 */
typedef struct mio_process_config {
    const char *const *argv;        /* the program and its arguments; NULL after the last */
    const char *const *environment; /* "NAME=value", NULL after the last; default: as ours */
    const char *directory;          /* where it runs; default: where we do */
    mio_process_stream streams[MIO_PROCESS_STREAMS];
} mio_process_config;

/*
 * Start a process.
 *
 * A program without a slash in its name is searched in our PATH, whatever `environment` says.
 * There is no shell, and so nothing to quote. The process begins as a fresh program does: all
 * signals have their default effect, none is blocked, and it has no descriptor of ours but its
 * standard streams and those that lack FD_CLOEXEC, as none of mio's does.
 *
 * Our end of MIO_PROCESS_PIPE is one of a pair of Unix stream sockets, non-blocking: mio_read()
 * and mio_write() work on it, so do registrations, and a process that reads no more is -EPIPE,
 * not SIGPIPE. The other end blocks, as programs expect it. That it is a socket makes a
 * difference to a program that opens /dev/stdin by name: it cannot. Closing our end, or
 * mio_shutdown(), is the end of its input.
 *
 * The process is waited for by mio_loop_child() or waitpid(2).
 *
 *   config    copied as far as it is needed
 *   ret_pid   the number of the process
 *   ret_fds   our ends, to be closed by the caller; -1 where the stream is none of ours
 *
 * Returns 0, or
 *   -EINVAL                     no program; an unknown kind of stream; a pointer is NULL
 *   -ENOENT, -ENOTDIR           no such program or directory
 *   -EOPNOTSUPP                 a directory, on a system that starts nothing in another one
 *   -EACCES, -ENOEXEC, -E2BIG   what exec gives
 *   -EAGAIN, -ENOMEM            no more processes, no memory
 *   -EMFILE, -ENFILE            a pipe takes one descriptor, two for a moment
 *
 * Thread: any. Cost: that of a process, a socket pair a pipe; returns when the program was
 * found and has begun.
 */
MIO_API int mio_process_start(const mio_process_config *config, int *ret_pid,
                              mio_fd ret_fds[MIO_PROCESS_STREAMS]);

#ifdef __cplusplus
}
#endif

#endif
