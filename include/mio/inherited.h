/*
 * Inherited descriptors: the standard streams of this process, and what else it was started
 * with.
 *
 * Their open files belong to others, too: to the shell and the next command of the pipeline,
 * to print() in this very process. Who makes such a file non-blocking breaks those: they lose
 * output, or end by EAGAIN, even after this process is gone. So mio leaves the flags of the
 * file alone, and says with each call that it is not to wait:
 *
 *   pipes, sockets   each call carries the wish (preadv2() and pwritev2() of Linux)
 *   terminals        opened once more, and that one is non-blocking
 *   files            never wait: they are plainly read and written
 *
 * Where the kernel knows no such wish (old kernels, rare devices, a terminal that may not be
 * opened), the descriptor is polled first, and of what is to be written up to 4096 bytes are.
 * Such a call may wait only where another process takes away what the poll has seen.
 *
 * Files, and devices like /dev/null, are always ready: registering them is -EPERM, and reading
 * and writing them is never -EAGAIN. Who registers only after an -EAGAIN needs to know no more.
 *
 * Thread: any, for every function. A call that a signal handler interrupts is made again.
 * SIGPIPE is never raised.
 */
#ifndef MIO_INHERITED_H
#define MIO_INHERITED_H

#include "mio/base.h"

#include <stdbool.h>
#include <sys/uio.h> /* struct iovec */

#ifdef __cplusplus
extern "C" {
#endif

/*
 * An inherited descriptor, as mio uses it.
 */
typedef struct mio_inherited {
    mio_fd fd;     /* one of our own, to be registered */
    bool may_wait; /* its file blocks, or may block at any time: each call says not to wait */
} mio_inherited;

/*
 * Use an inherited descriptor.
 *
 *   fd              0, 1, 2 for the standard streams, or any other. It stays open, and as it
 *                   is: whoever reads the output of this process gets to the end when it is
 *                   closed, too
 *   ret_inherited   the caller's, to be closed with mio_inherited_close()
 *
 * Returns 0, or
 *   -EBADF   not open: the process was started without it. So is what has FD_CLOEXEC: it was
 *            opened later, and has got that number
 *   -EINVAL  NULL
 *   -EMFILE  out of descriptors
 *
 * Cost: three system calls, for a terminal up to ten.
 */
MIO_API int mio_inherited_open(mio_fd fd, mio_inherited *ret_inherited);

/*
 * Close it, and leave the inherited descriptor open. Deregister it before.
 *
 * Returns what mio_close() returns.
 *
 * Cost: one system call.
 */
MIO_API int mio_inherited_close(mio_inherited *inherited);

/*
 * Read what has come.
 *
 *   buffer   gets the bytes
 *   size     how many it holds, at least 1
 *
 * Returns how many bytes were read, 0 at the end, or
 *   -EAGAIN  nothing there yet
 *   -EINVAL  the size is 0, whose result could not be told from the end
 *   -EBADF   closed, or not open for reading
 *   -EIO     a terminal that is gone, or is read in the background
 * and what else read() gives.
 *
 * Cost: one system call; up to three where the kernel cannot be told not to wait.
 */
MIO_API ptrdiff_t mio_inherited_read(const mio_inherited *inherited, void *buffer, size_t size);

/*
 * Read into several buffers, one after the other.
 *
 *   buffers   of any sizes, at least one byte in all: 0 is returned for less
 *   count     how many, at least 1; those after the 1024th (IOV_MAX) are not used
 *
 * Returns what mio_inherited_read() returns.
 *
 * Cost: as of mio_inherited_read().
 */
MIO_API ptrdiff_t mio_inherited_readv(const mio_inherited *inherited,
                                      const struct iovec *buffers, size_t count);

/*
 * Write as much as is taken without waiting.
 *
 *   data   the bytes
 *   size   how many; 0 writes nothing, and returns 0 or an error
 *
 * Returns how many bytes were taken, or
 *   -EAGAIN  none: wait until it is writable
 *   -EPIPE   nobody reads any more
 *   -EBADF   closed, or not open for writing
 *   -EIO     a terminal that is gone
 * and what else write() gives (-ENOSPC, ...).
 *
 * Cost: one system call; up to five where the kernel cannot be told not to wait.
 */
MIO_API ptrdiff_t mio_inherited_write(const mio_inherited *inherited, const void *data,
                                      size_t size);

/*
 * Write several buffers, one after the other, as if they were one.
 *
 *   buffers   of any sizes
 *   count     how many; those after the 1024th (IOV_MAX) are not used, and make a short count
 *
 * Returns what mio_inherited_write() returns.
 *
 * Cost: as of mio_inherited_write().
 */
MIO_API ptrdiff_t mio_inherited_writev(const mio_inherited *inherited,
                                       const struct iovec *buffers, size_t count);

#ifdef __cplusplus
}
#endif

#endif
