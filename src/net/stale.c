#include "net/stale.h"

#include "net/addr.h"
#include "sys/descriptor.h"

#include <sys/stat.h>
#include <unistd.h>

static bool stale_is_socket(const char *path)
{
    struct stat status;

    return lstat(path, &status) == 0 && S_ISSOCK(status.st_mode);
}

/* Whether nobody has it open: a connect is refused then. A datagram socket tries it, which the
   owner does not notice; an owner of another kind makes it fail as of the wrong type. */
static bool stale_is_dead(const mio_addr *addr)
{
    mio_fd probe;
    bool dead;

    if (mio__descriptor_socket(AF_UNIX, SOCK_DGRAM, &probe) < 0)
        return false;
    dead = connect(probe, mio__addr_sockaddr(addr), addr->size) < 0 && errno == ECONNREFUSED;
    mio__descriptor_close(probe);
    return dead;
}

/* The file alone: what is no socket refuses connects, too, and must stay. */
static bool stale_removed(const mio_addr *addr)
{
    const mio__addr_parts parts = mio__addr_split(addr);
    const char *path = (const char *)parts.host;

    if (parts.family != MIO_UNIX || parts.host_size == 0 || path[0] == '\0')
        return false;
    return stale_is_socket(path) && stale_is_dead(addr) && unlink(path) == 0;
}

int mio__stale_bind(mio_fd fd, const mio_addr *addr, bool replace)
{
    int err = mio__sys_status(bind(fd, mio__addr_sockaddr(addr), addr->size));

    if (err == -EADDRINUSE && replace && stale_removed(addr))
        err = mio__sys_status(bind(fd, mio__addr_sockaddr(addr), addr->size));
    return err;
}
