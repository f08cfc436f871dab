/*
 * Pipes: bytes in one direction, inside of a process or between two.
 *
 * Both ends are registered like sockets. The reader is told `readable` when there is something
 * to read and when the last writer is gone; the writer is told `writable` when there is room
 * and when the last reader is gone. mio_read() and mio_readv() of socket.h read from a pipe;
 * writing has functions of its own here, for a pipe has no way of its own to write without
 * SIGPIPE.
 *
 * Thread: any, for every function. A call that a signal handler interrupts is made again.
 */
#ifndef MIO_PIPE_H
#define MIO_PIPE_H

#include "mio/base.h"

#include <sys/uio.h> /* struct iovec */

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Open a pipe.
 *
 * Both ends are non-blocking and closed by exec.
 *
 *   ret_fds   what is read from, and what is written to: the caller's, each to be closed with
 *             mio_close()
 *
 * Returns 0, or
 *   -EINVAL  NULL
 *   -EMFILE, -ENFILE, -ENOMEM  out of descriptors or memory
 *
 * Cost: one system call.
 */
MIO_API int mio_pipe(mio_fd ret_fds[2]);

/*
 * Write as much as the pipe takes, and never raise SIGPIPE.
 *
 * A short count is no error: the rest goes out when the pipe is writable again. Up to 4096
 * bytes (PIPE_BUF) are written whole or not at all, so that several writers do not mix them.
 *
 * The signal is neither caught, nor is its disposition looked at or changed: Linux, from 6.18
 * on, is told with the call that none is wanted. Elsewhere the calling thread blocks SIGPIPE
 * while it writes, and takes the one that it has raised; one that was pending before stays.
 *
 *   fd     a pipe, or anything else that can be written to and does not block
 *   data   the bytes
 *   size   how many; 0 writes nothing, and returns 0 or an error
 *
 * Returns how many bytes were taken, or
 *   -EAGAIN  none: wait until it is writable
 *   -EPIPE   nobody reads any more
 *   -EBADF   not open, or not for writing
 *   -EFAULT  the data is no memory of this process
 * and what else write() gives for other kinds of files.
 *
 * Cost: one system call; where the kernel cannot be told, three, and one more with -EPIPE.
 */
MIO_API ptrdiff_t mio_pipe_write(mio_fd fd, const void *data, size_t size);

/*
 * Write several buffers, one after the other, as if they were one.
 *
 *   buffers   of any sizes
 *   count     how many; those after the 1024th (IOV_MAX) are not used, and make a short count
 *
 * Returns what mio_pipe_write() returns.
 *
 * Cost: as of mio_pipe_write().
 */
MIO_API ptrdiff_t mio_pipe_writev(mio_fd fd, const struct iovec *buffers, size_t count);

#ifdef __cplusplus
}
#endif

#endif
