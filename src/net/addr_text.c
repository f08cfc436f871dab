/*
 * Addresses as texts: read and written. The grammar is in mio/addr.h; what a host may look
 * like is left to inet_pton(), which everybody means when they say "an IP address".
 */
#include "mio/addr.h"

#include "net/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

static const char unix_prefix[] = "unix:";

enum { UNIX_PREFIX_SIZE = sizeof unix_prefix - 1 };

/* ------------------------------------------------------------------- reading */

/* A part of the text that is read. */
typedef struct slice {
    const char *bytes;
    size_t size;
} slice;

static slice slice_before(slice text, const char *end)
{
    return (slice){text.bytes, (size_t)(end - text.bytes)};
}

static slice slice_after(slice text, const char *end)
{
    return (slice){end + 1, text.size - (size_t)(end + 1 - text.bytes)};
}

/* As a string, for functions that want one; false where it is too long for the buffer. */
static bool slice_copy(slice text, char *buffer, size_t size)
{
    if (text.size >= size)
        return false;
    memcpy(buffer, text.bytes, text.size);
    buffer[text.size] = '\0';
    return true;
}

/* A decimal number in its one form: digits, and no zero before others. */
static bool parse_number(slice text, uint32_t max, uint32_t *ret_number)
{
    uint64_t number = 0;

    if (text.size == 0 || (text.size > 1 && text.bytes[0] == '0'))
        return false;
    for (size_t i = 0; i < text.size; i++) {
        const char digit = text.bytes[i];

        if (digit < '0' || digit > '9')
            return false;
        number = number * 10 + (uint64_t)(digit - '0');
        if (number > max)
            return false;
    }
    *ret_number = (uint32_t)number;
    return true;
}

/* A name that is a number is the number: mio_addr_format() writes numbers. */
static int parse_scope(slice text, uint32_t *ret_scope)
{
    char name[IF_NAMESIZE];
    unsigned index;

    if (text.size == 0)
        return -EINVAL;
    if (parse_number(text, UINT32_MAX, ret_scope))
        return 0;
    if (!slice_copy(text, name, sizeof name))
        return -ENODEV;
    index = if_nametoindex(name);
    if (index == 0)
        return -errno;
    *ret_scope = index;
    return 0;
}

static int parse_ipv4(slice host, int port, mio_addr *ret_addr)
{
    char text[INET_ADDRSTRLEN];
    uint8_t bytes[4];

    if (!slice_copy(host, text, sizeof text) || inet_pton(AF_INET, text, bytes) != 1)
        return -EINVAL;
    return mio_addr_ipv4(bytes, port, ret_addr);
}

static int parse_ipv6(slice host, int port, mio_addr *ret_addr)
{
    const char *percent = memchr(host.bytes, '%', host.size);
    const slice number = percent == NULL ? host : slice_before(host, percent);
    char text[INET6_ADDRSTRLEN];
    uint8_t bytes[16];
    uint32_t scope = 0;

    if (!slice_copy(number, text, sizeof text) || inet_pton(AF_INET6, text, bytes) != 1)
        return -EINVAL;
    if (percent != NULL) {
        const int err = parse_scope(slice_after(host, percent), &scope);

        if (err < 0)
            return err;
    }
    return mio_addr_ipv6(bytes, port, scope, ret_addr);
}

/* The last colon: an IPv6 host has some of its own. */
static const char *parse_ip_colon(slice text)
{
    const char *colon = NULL;

    for (size_t i = 0; i < text.size; i++) {
        if (text.bytes[i] == ':')
            colon = text.bytes + i;
    }
    return colon;
}

static int parse_ip(slice text, mio_addr *ret_addr)
{
    const char *colon = parse_ip_colon(text);
    slice host;
    uint32_t port;

    /* A NUL would end the strings that inet_pton() and if_nametoindex() get. */
    if (colon == NULL || memchr(text.bytes, '\0', text.size) != NULL)
        return -EINVAL;
    if (!parse_number(slice_after(text, colon), MIO__PORT_MAX, &port))
        return -EINVAL;
    host = slice_before(text, colon);
    if (host.size < 2 || host.bytes[0] != '[' || host.bytes[host.size - 1] != ']')
        return parse_ipv4(host, (int)port, ret_addr);
    return parse_ipv6((slice){host.bytes + 1, host.size - 2}, (int)port, ret_addr);
}

static int parse_unix(slice name, mio_addr *ret_addr)
{
    char abstract[sizeof(((struct sockaddr_un *)NULL)->sun_path)];

    if (name.size == 0 || name.bytes[0] != '@') {
        if (name.size > 0 && name.bytes[0] == '\0')
            return -EINVAL; /* the constructor would take it for an abstract name */
        return mio_addr_unix(name.bytes, name.size, ret_addr);
    }
    if (name.size > sizeof abstract)
        return -ENAMETOOLONG;
    memcpy(abstract, name.bytes, name.size);
    abstract[0] = '\0';
    return mio_addr_unix(abstract, name.size, ret_addr);
}

int mio_addr_parse_bytes(const char *text, size_t size, mio_addr *ret_addr)
{
    if (text == NULL || ret_addr == NULL)
        return -EINVAL;
    if (size >= UNIX_PREFIX_SIZE && memcmp(text, unix_prefix, UNIX_PREFIX_SIZE) == 0)
        return parse_unix((slice){text + UNIX_PREFIX_SIZE, size - UNIX_PREFIX_SIZE}, ret_addr);
    return parse_ip((slice){text, size}, ret_addr);
}

int mio_addr_parse(const char *text, mio_addr *ret_addr)
{
    return text == NULL ? -EINVAL : mio_addr_parse_bytes(text, strlen(text), ret_addr);
}

/* ------------------------------------------------------------------- writing */

/* A text that grows; MIO_ADDR_TEXT_MAX is enough for the longest: "unix:", "./", a path of
   108 bytes that the kernel handed out, and a NUL. */
typedef struct draft {
    char bytes[MIO_ADDR_TEXT_MAX];
    size_t size;
} draft;

static void draft_bytes(draft *text, const void *bytes, size_t size)
{
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
}

static void draft_string(draft *text, const char *string)
{
    draft_bytes(text, string, strlen(string));
}

static void draft_number(draft *text, uint32_t number)
{
    char digits[sizeof "4294967295"];

    snprintf(digits, sizeof digits, "%lu", (unsigned long)number);
    draft_string(text, digits);
}

static void draft_ip(draft *text, int family, const mio__addr_parts *parts)
{
    char host[INET6_ADDRSTRLEN] = "";

    inet_ntop(family, parts->host, host, sizeof host);
    draft_string(text, host);
    if (parts->scope != 0) {
        draft_string(text, "%");
        draft_number(text, parts->scope);
    }
}

static void draft_unix(draft *text, const mio__addr_parts *parts)
{
    if (parts->host_size == 0)
        return;
    if (parts->host[0] == '\0') {
        draft_string(text, "@");
        draft_bytes(text, parts->host + 1, parts->host_size - 1);
        return;
    }
    if (parts->host[0] == '@')
        draft_string(text, "./");
    draft_bytes(text, parts->host, parts->host_size);
}

static void draft_host(draft *text, const mio__addr_parts *parts)
{
    switch (parts->family) {
    case MIO_IPV4:
        draft_ip(text, AF_INET, parts);
        break;
    case MIO_IPV6:
        draft_ip(text, AF_INET6, parts);
        break;
    case MIO_UNIX:
        draft_unix(text, parts);
        break;
    case MIO_NO_FAMILY:
        break;
    }
}

static void draft_addr(draft *text, const mio__addr_parts *parts)
{
    if (parts->family == MIO_UNIX)
        draft_string(text, unix_prefix);
    if (parts->family == MIO_IPV6)
        draft_string(text, "[");
    draft_host(text, parts);
    if (parts->family == MIO_IPV6)
        draft_string(text, "]");
    if (parts->port >= 0) {
        draft_string(text, ":");
        draft_number(text, (uint32_t)parts->port);
    }
}

/* Write with `write`, and hand the text over whole or not at all. */
static int addr_text(const mio_addr *addr, char *buffer, size_t size,
                     void (*write)(draft *text, const mio__addr_parts *parts))
{
    const mio__addr_parts parts = mio__addr_split(addr);
    draft text = {.size = 0};

    if (addr == NULL || buffer == NULL)
        return -EINVAL;
    if (parts.family == MIO_NO_FAMILY)
        return -EAFNOSUPPORT;
    write(&text, &parts);
    if (text.size >= size)
        return -ENOSPC;
    memcpy(buffer, text.bytes, text.size);
    buffer[text.size] = '\0';
    return (int)text.size;
}

int mio_addr_host(const mio_addr *addr, char *buffer, size_t size)
{
    return addr_text(addr, buffer, size, draft_host);
}

int mio_addr_format(const mio_addr *addr, char *buffer, size_t size)
{
    return addr_text(addr, buffer, size, draft_addr);
}
