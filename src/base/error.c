#include "mio/base.h"

#include <errno.h>

typedef struct error_row {
    int err;
    const char *name;
    const char *text;
} error_row;

#define ERROR_ROW(err, text)                                                                   \
    {                                                                                          \
        err, #err, text                                                                        \
    }

/*
 * What sockets, descriptors, selectors, child processes and memory can give on the systems
 * that mio knows. Where two names are one number, the first row counts. Users read the texts
 * after what failed: "listen 127.0.0.1:80: permission denied".
 */
static const error_row error_rows[] = {
    ERROR_ROW(EPERM, "operation not permitted"),
    ERROR_ROW(ENOENT, "not found"),
    ERROR_ROW(ESRCH, "no such process"),
    ERROR_ROW(EINTR, "interrupted by a signal"),
    ERROR_ROW(EIO, "input or output failed"),
    ERROR_ROW(ENXIO, "no such device or address"),
    ERROR_ROW(E2BIG, "arguments too long"),
    ERROR_ROW(ENOEXEC, "not an executable program"),
    ERROR_ROW(EBADF, "not an open descriptor"),
    ERROR_ROW(ECHILD, "no such child process"),
    ERROR_ROW(EAGAIN, "not ready, try again"),
    ERROR_ROW(ENOMEM, "out of memory"),
    ERROR_ROW(EACCES, "permission denied"),
    ERROR_ROW(EFAULT, "bad memory address"),
    ERROR_ROW(EBUSY, "busy"),
    ERROR_ROW(EEXIST, "exists already"),
    ERROR_ROW(ENODEV, "no such device"),
    ERROR_ROW(ENOTDIR, "not a directory"),
    ERROR_ROW(EISDIR, "is a directory"),
    ERROR_ROW(EINVAL, "invalid argument"),
    ERROR_ROW(ENFILE, "too many open files in the system"),
    ERROR_ROW(EMFILE, "too many open files"),
    ERROR_ROW(ENOTTY, "not possible for this kind of descriptor"),
    ERROR_ROW(EFBIG, "file too large"),
    ERROR_ROW(ENOSPC, "no space left"),
    ERROR_ROW(ESPIPE, "cannot seek"),
    ERROR_ROW(EROFS, "read-only file system"),
    ERROR_ROW(EPIPE, "nobody reads any more"),
    ERROR_ROW(EDOM, "value out of domain"),
    ERROR_ROW(ERANGE, "value out of range"),
    ERROR_ROW(EDEADLK, "would wait for itself"),
    ERROR_ROW(ENAMETOOLONG, "name too long"),
    ERROR_ROW(ENOSYS, "not provided by this system"),
    ERROR_ROW(ELOOP, "loop of links, or polls nested too deep"),
    ERROR_ROW(EPROTO, "protocol error"),
    ERROR_ROW(EBADMSG, "bad message"),
    ERROR_ROW(EOVERFLOW, "value too large"),
    ERROR_ROW(EILSEQ, "invalid byte sequence"),
    ERROR_ROW(EUSERS, "too many users"),
    ERROR_ROW(ENOTSOCK, "not a socket"),
    ERROR_ROW(EDESTADDRREQ, "destination address missing"),
    ERROR_ROW(EMSGSIZE, "message too long"),
    ERROR_ROW(EPROTOTYPE, "wrong protocol for this socket"),
    ERROR_ROW(ENOPROTOOPT, "no such socket option"),
    ERROR_ROW(EPROTONOSUPPORT, "protocol not supported"),
    ERROR_ROW(ESOCKTNOSUPPORT, "socket type not supported"),
    ERROR_ROW(EOPNOTSUPP, "operation not supported"),
    ERROR_ROW(ENOTSUP, "not supported"),
    ERROR_ROW(EPFNOSUPPORT, "protocol family not supported"),
    ERROR_ROW(EAFNOSUPPORT, "address family not supported"),
    ERROR_ROW(EADDRINUSE, "address in use"),
    ERROR_ROW(EADDRNOTAVAIL, "address not available"),
    ERROR_ROW(ENETDOWN, "network is down"),
    ERROR_ROW(ENETUNREACH, "network unreachable"),
    ERROR_ROW(ENETRESET, "connection reset by the network"),
    ERROR_ROW(ECONNABORTED, "connection aborted"),
    ERROR_ROW(ECONNRESET, "connection reset by the peer"),
    ERROR_ROW(ENOBUFS, "out of buffer space"),
    ERROR_ROW(EISCONN, "connected already"),
    ERROR_ROW(ENOTCONN, "not connected"),
    ERROR_ROW(ESHUTDOWN, "shut down"),
    ERROR_ROW(ETOOMANYREFS, "too many references"),
    ERROR_ROW(ETIMEDOUT, "timed out"),
    ERROR_ROW(ECONNREFUSED, "connection refused"),
    ERROR_ROW(EHOSTDOWN, "host is down"),
    ERROR_ROW(EHOSTUNREACH, "host unreachable"),
    ERROR_ROW(EALREADY, "under way already"),
    ERROR_ROW(EINPROGRESS, "in progress"),
    ERROR_ROW(ESTALE, "left behind by a fork"),
    ERROR_ROW(EDQUOT, "quota exceeded"),
    ERROR_ROW(ECANCELED, "cancelled"),
};

static const error_row error_unknown = {0, "EUNKNOWN", "unknown error"};

static const error_row *error_find(int err)
{
    for (size_t i = 0; i < sizeof error_rows / sizeof error_rows[0]; i++) {
        if (error_rows[i].err == err || -error_rows[i].err == err)
            return &error_rows[i];
    }
    return &error_unknown;
}

const char *mio_strerror(int err)
{
    return error_find(err)->text;
}

const char *mio_errname(int err)
{
    return error_find(err)->name;
}
