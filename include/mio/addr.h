/*
 * Addresses: where a socket listens, and whom it talks to.
 *
 * A mio_addr is a plain value: declare it, copy it by assignment, pass it by pointer. It owns
 * nothing. It holds an IPv4 or IPv6 address with a port, or the name of a Unix socket, which
 * is a path, an abstract name (Linux: a name without a file) or nothing at all (unnamed, as
 * the ends of a socket pair and most clients are).
 *
 * Texts
 *
 *   127.0.0.1:80        IPv4, four decimal numbers, as inet_pton() reads them
 *   [::1]:80            IPv6 in brackets
 *   [fe80::1%eth0]:80   with a scope, which is the name or the number of an interface
 *   unix:/run/x.sock    a path, absolute or relative
 *   unix:@name          an abstract name
 *   unix:               unnamed
 *
 * Ports are 0 to 65535. No number has a sign, a space or a leading zero: "127.1", "010.0.0.1"
 * and ":080" are errors, because other programs read them as octal or as something else again.
 * Host names are not looked up.
 */
#ifndef MIO_ADDR_H
#define MIO_ADDR_H

#include "mio/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mio_family {
    MIO_NO_FAMILY, /* of a mio_addr that is all zero: no address yet */
    MIO_IPV4,
    MIO_IPV6,
    MIO_UNIX
} mio_family;

enum {
    MIO_ADDR_TEXT_MAX = 128 /* holds every text that mio_addr_format() writes, and its NUL */
};

/*
 * The members belong to mio: they hold a `struct sockaddr` as the system lays it out.
 */
typedef struct mio_addr {
    union {
        uint64_t alignment;
        unsigned char bytes[112];
    } storage;
    uint32_t size; /* how many of the bytes are in use */
} mio_addr;

/*
 * Read an address from a text, in one of the forms above.
 *
 *   text       ends with a NUL
 *   ret_addr   the address
 *
 * Returns 0, or
 *   -EINVAL        not one of the forms, or a number out of range
 *   -ENAMETOOLONG  a Unix name of more than 107 bytes (Linux; other systems take fewer)
 *   -ENODEV        no interface has the name given as the scope
 *   -EMFILE and whatever else the system says when asked for the number of an interface
 *
 * Thread: any. Cost: none, but a few system calls for the name of an interface.
 */
MIO_API int mio_addr_parse(const char *text, mio_addr *ret_addr);

/*
 * Read an address from `size` bytes that may hold a NUL.
 *
 * As mio_addr_parse(), for texts that come with their length. A NUL belongs to an abstract
 * name like any other byte; everywhere else it is an error (-EINVAL), so that nothing hides
 * behind it.
 *
 * Thread: any. Cost: as mio_addr_parse().
 */
MIO_API int mio_addr_parse_bytes(const char *text, size_t size, mio_addr *ret_addr);

/*
 * Make an IPv4 address.
 *
 *   host       4 bytes, in the order in which they are written: 127, 0, 0, 1
 *   port       0 to 65535; 0 lets the system choose where one listens
 *   ret_addr   the address
 *
 * Returns 0, or -EINVAL: the port is out of range, or a pointer is NULL.
 *
 * Thread: any. Cost: none.
 */
MIO_API int mio_addr_ipv4(const uint8_t host[4], int port, mio_addr *ret_addr);

/*
 * Make an IPv6 address.
 *
 *   host       16 bytes, in the order in which they are written
 *   port       0 to 65535; 0 lets the system choose where one listens
 *   scope      the number of the interface that a link-local address belongs to; 0 for none
 *   ret_addr   the address
 *
 * Returns 0, or -EINVAL: the port is out of range, or a pointer is NULL.
 *
 * Thread: any. Cost: none.
 */
MIO_API int mio_addr_ipv6(const uint8_t host[16], int port, uint32_t scope, mio_addr *ret_addr);

/*
 * Make a Unix address.
 *
 *   path       a path; or a NUL and then an abstract name of any bytes
 *   size       its bytes, without a NUL at the end of a path; 0 for an unnamed address
 *   ret_addr   the address
 *
 * Returns 0, or
 *   -EINVAL        a path with a NUL inside, or a pointer is NULL (`path` may be, for size 0)
 *   -ENAMETOOLONG  a path of more than 107 bytes, or an abstract name of more than 107 after
 *                  its NUL (Linux; other systems take fewer)
 *
 * Thread: any. Cost: none.
 */
MIO_API int mio_addr_unix(const char *path, size_t size, mio_addr *ret_addr);

/*
 * What kind of address it is.
 *
 * Returns MIO_IPV4, MIO_IPV6, MIO_UNIX, or MIO_NO_FAMILY for an address that is all zero.
 *
 * Thread: any. Cost: none.
 */
MIO_API mio_family mio_addr_family(const mio_addr *addr);

/*
 * The port, 0 to 65535; or -EAFNOSUPPORT for an address that has none.
 *
 * Thread: any. Cost: none.
 */
MIO_API int mio_addr_port(const mio_addr *addr);

/*
 * Change the port.
 *
 *   addr   an IPv4 or IPv6 address
 *   port   0 to 65535
 *
 * Returns 0, -EINVAL for a port out of range, or -EAFNOSUPPORT for an address without ports.
 *
 * Thread: any. Cost: none.
 */
MIO_API int mio_addr_set_port(mio_addr *addr, int port);

/*
 * Write the host alone: "127.0.0.1", "fe80::1%2", "/run/x.sock", "@name"; "" where it is
 * unnamed.
 *
 * Scopes are written as numbers: names change, and asking for them takes system calls.
 * A relative path that begins with "@" is written "./@...", so that it cannot be taken for an
 * abstract name. The bytes of Unix names are written as they are, NULs and all.
 *
 *   buffer   gets the text and a NUL
 *   size     its bytes; MIO_ADDR_TEXT_MAX are always enough
 *
 * Returns the length of the text, without the NUL, or
 *   -ENOSPC        the buffer is too small; nothing was written
 *   -EAFNOSUPPORT  the address is all zero
 *   -EINVAL        a pointer is NULL
 *
 * Thread: any. Cost: none.
 */
MIO_API int mio_addr_host(const mio_addr *addr, char *buffer, size_t size);

/*
 * Write an address in the form that mio_addr_parse_bytes() reads, which gives the same address.
 *
 * Host and port as in mio_addr_host(): "127.0.0.1:80", "[fe80::1%2]:80", "unix:/run/x.sock".
 * Two addresses do not come back equal: a relative path that begins with "@" comes back as
 * "./@...", another name of the same file; and a peer's path of 108 bytes, which Linux lets
 * other programs bind, is too long to be read.
 *
 *   buffer   gets the text and a NUL
 *   size     its bytes; MIO_ADDR_TEXT_MAX are always enough
 *
 * Returns what mio_addr_host() returns.
 *
 * Thread: any. Cost: none.
 */
MIO_API int mio_addr_format(const mio_addr *addr, char *buffer, size_t size);

/*
 * Compare two addresses in a total order: by family as numbered above, then by the bytes of the
 * host, by scope, by port; a Unix name that another one begins with comes first.
 *
 * Returns a number below 0, 0 where they are equal, or a number above 0.
 *
 * Thread: any. Cost: none.
 */
MIO_API int mio_addr_compare(const mio_addr *a, const mio_addr *b);

#ifdef __cplusplus
}
#endif

#endif
