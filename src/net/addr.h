/*
 * Addresses as the kernel takes them, and taken apart.
 *
 * Invariants of a mio_addr
 * 1. size 0: no address; every byte is 0.
 * 2. Otherwise `storage` begins with a sockaddr_in, _in6 or _un of `size` bytes.
 * 3. A Unix path is followed by a NUL, which `size` counts. An abstract name begins with a
 *    NUL and goes on to `size`. Unnamed: `size` ends where the path would begin.
 * 4. The bytes from `size` on are 0, so is the flow of IPv6: equal addresses have equal bytes.
 *
 * The bytes are copied to a sockaddr and back, never pointed at as one, for the sake of
 * the aliasing rules; the kernel alone gets a pointer.
 */
#ifndef MIO__NET_ADDR_H
#define MIO__NET_ADDR_H

#include "mio/addr.h"

#include <sys/socket.h>

enum { MIO__PORT_MAX = 65535 };

/* An address taken apart; `host` points into it. */
typedef struct mio__addr_parts {
    mio_family family;
    const unsigned char *host; /* Unix: path or abstract name, without a NUL at the end */
    size_t host_size;
    uint32_t scope;
    int port; /* -1: none */
} mio__addr_parts;

/* Take an address apart; one that is all zero gives MIO_NO_FAMILY and no host. */
mio__addr_parts mio__addr_split(const mio_addr *addr);

/* The family as socket() takes it: AF_UNSPEC for an address that is all zero. */
int mio__addr_system_family(const mio_addr *addr);

/* The address as bind() and connect() take it, `addr->size` bytes of it. */
static inline const struct sockaddr *mio__addr_sockaddr(const mio_addr *addr)
{
    return (const struct sockaddr *)(const void *)addr->storage.bytes;
}

/*
 * Have the kernel fill in an address: zero `addr`, hand out mio__addr_room() and the size
 * of its bytes, and call mio__addr_filled() with the size that came back. It restores the
 * invariants, and returns 0; or -EAFNOSUPPORT, leaving no address, for another family.
 */
static inline struct sockaddr *mio__addr_room(mio_addr *addr)
{
    return (struct sockaddr *)(void *)addr->storage.bytes;
}
int mio__addr_filled(mio_addr *addr, socklen_t size);

#endif
