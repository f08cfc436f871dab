/*
 * Addresses: made, taken apart, compared. The texts are in addr_text.c.
 */
#include "mio/addr.h"

#include "net/addr.h"
#include "sys/sockaddr.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/un.h>

enum { UNIX_HEAD = offsetof(struct sockaddr_un, sun_path) };

_Static_assert(sizeof(struct sockaddr_un) < sizeof(((mio_addr *)NULL)->storage),
               "a path that fills sun_path, and the NUL that the kernel adds to it");
_Static_assert(sizeof(struct sockaddr_in6) <= sizeof(((mio_addr *)NULL)->storage), "IPv6");

static void addr_store(mio_addr *addr, const void *bytes, size_t size)
{
    memset(addr, 0, sizeof *addr);
    memcpy(addr->storage.bytes, bytes, size);
    mio__sockaddr_set_size(addr->storage.bytes, size);
    addr->size = (uint32_t)size;
}

static bool port_is_valid(int port)
{
    return port >= 0 && port <= MIO__PORT_MAX;
}

int mio_addr_ipv4(const uint8_t host[4], int port, mio_addr *ret_addr)
{
    struct sockaddr_in in = {.sin_family = AF_INET};

    if (host == NULL || ret_addr == NULL || !port_is_valid(port))
        return -EINVAL;
    in.sin_port = htons((uint16_t)port);
    memcpy(&in.sin_addr, host, sizeof in.sin_addr);
    addr_store(ret_addr, &in, sizeof in);
    return 0;
}

int mio_addr_ipv6(const uint8_t host[16], int port, uint32_t scope, mio_addr *ret_addr)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_scope_id = scope};

    if (host == NULL || ret_addr == NULL || !port_is_valid(port))
        return -EINVAL;
    in6.sin6_port = htons((uint16_t)port);
    memcpy(&in6.sin6_addr, host, sizeof in6.sin6_addr);
    addr_store(ret_addr, &in6, sizeof in6);
    return 0;
}

/* The length goes first: it bounds what is looked at. */
int mio_addr_unix(const char *path, size_t size, mio_addr *ret_addr)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    bool is_path;

    if ((path == NULL && size > 0) || ret_addr == NULL)
        return -EINVAL;
    is_path = size > 0 && path[0] != '\0';
    if (size > sizeof un.sun_path - is_path)
        return -ENAMETOOLONG;
    if (is_path && memchr(path, '\0', size) != NULL)
        return -EINVAL;
    if (size > 0)
        memcpy(un.sun_path, path, size);
    addr_store(ret_addr, &un, UNIX_HEAD + size + is_path);
    return 0;
}

int mio__addr_system_family(const mio_addr *addr)
{
    struct sockaddr head;

    memcpy(&head, addr->storage.bytes, sizeof head);
    return head.sa_family;
}

mio_family mio_addr_family(const mio_addr *addr)
{
    switch (addr == NULL ? AF_UNSPEC : mio__addr_system_family(addr)) {
    case AF_INET:
        return MIO_IPV4;
    case AF_INET6:
        return MIO_IPV6;
    case AF_UNIX:
        return MIO_UNIX;
    default:
        return MIO_NO_FAMILY;
    }
}

static void split_ipv4(const mio_addr *addr, mio__addr_parts *parts)
{
    struct sockaddr_in in;

    memcpy(&in, addr->storage.bytes, sizeof in);
    parts->host = addr->storage.bytes + offsetof(struct sockaddr_in, sin_addr);
    parts->host_size = sizeof in.sin_addr;
    parts->port = ntohs(in.sin_port);
}

static void split_ipv6(const mio_addr *addr, mio__addr_parts *parts)
{
    struct sockaddr_in6 in6;

    memcpy(&in6, addr->storage.bytes, sizeof in6);
    parts->host = addr->storage.bytes + offsetof(struct sockaddr_in6, sin6_addr);
    parts->host_size = sizeof in6.sin6_addr;
    parts->scope = in6.sin6_scope_id;
    parts->port = ntohs(in6.sin6_port);
}

static void split_unix(const mio_addr *addr, mio__addr_parts *parts)
{
    parts->host = addr->storage.bytes + UNIX_HEAD;
    parts->host_size = addr->size - UNIX_HEAD;
    if (parts->host_size > 0 && parts->host[0] != '\0')
        parts->host_size--;
}

mio__addr_parts mio__addr_split(const mio_addr *addr)
{
    mio__addr_parts parts = {.family = mio_addr_family(addr), .port = -1};

    switch (parts.family) {
    case MIO_IPV4:
        split_ipv4(addr, &parts);
        break;
    case MIO_IPV6:
        split_ipv6(addr, &parts);
        break;
    case MIO_UNIX:
        split_unix(addr, &parts);
        break;
    case MIO_NO_FAMILY:
        break;
    }
    return parts;
}

int mio_addr_port(const mio_addr *addr)
{
    int port = mio__addr_split(addr).port;

    return port < 0 ? -EAFNOSUPPORT : port;
}

int mio_addr_set_port(mio_addr *addr, int port)
{
    const mio__addr_parts parts = mio__addr_split(addr);
    uint8_t host[16];

    if (parts.port < 0)
        return -EAFNOSUPPORT;
    memcpy(host, parts.host, parts.host_size);
    if (parts.family == MIO_IPV4)
        return mio_addr_ipv4(host, port, addr);
    return mio_addr_ipv6(host, port, parts.scope, addr);
}

static int compare_numbers(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

/* memcmp() must not see the NULL of an address that is all zero. */
static int compare_hosts(const mio__addr_parts *a, const mio__addr_parts *b)
{
    const size_t common = a->host_size < b->host_size ? a->host_size : b->host_size;
    const int order = common == 0 ? 0 : memcmp(a->host, b->host, common);

    return order != 0 ? order : compare_numbers(a->host_size, b->host_size);
}

int mio_addr_compare(const mio_addr *a, const mio_addr *b)
{
    const mio__addr_parts left = mio__addr_split(a);
    const mio__addr_parts right = mio__addr_split(b);
    int order = compare_numbers(left.family, right.family);

    if (order == 0)
        order = compare_hosts(&left, &right);
    if (order == 0)
        order = compare_numbers(left.scope, right.scope);
    return order != 0 ? order : left.port - right.port;
}

/* A path ends at its first NUL or with the bytes that the kernel counts, which may or may
   not include that NUL. */
static uint32_t filled_unix_size(const mio_addr *addr, size_t size)
{
    const char *path = (const char *)addr->storage.bytes + UNIX_HEAD;

    if (size <= UNIX_HEAD || path[0] == '\0')
        return MIO__SOCKADDR_ABSTRACT ? (uint32_t)size : UNIX_HEAD;
    return (uint32_t)(UNIX_HEAD + strnlen(path, size - UNIX_HEAD) + 1);
}

int mio__addr_filled(mio_addr *addr, socklen_t size)
{
    switch (mio_addr_family(addr)) {
    case MIO_IPV6:
        memset(addr->storage.bytes + offsetof(struct sockaddr_in6, sin6_flowinfo), 0,
               sizeof(((struct sockaddr_in6 *)NULL)->sin6_flowinfo));
        addr->size = size;
        return 0;
    case MIO_IPV4:
        addr->size = size;
        return 0;
    case MIO_UNIX:
        addr->size = filled_unix_size(addr, size);
        mio__sockaddr_set_size(addr->storage.bytes, addr->size);
        return 0;
    case MIO_NO_FAMILY:
        break;
    }
    memset(addr, 0, sizeof *addr);
    return -EAFNOSUPPORT;
}
