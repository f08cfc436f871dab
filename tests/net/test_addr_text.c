#include "mio/addr.h"

#include "harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MUTATIONS = 300000, ROUND_TRIPS = 100000 };

/* ------------------------------------------------------------------- reading */

static void check_refused(const char *text, size_t size, int err)
{
    mio_addr addr, untouched;

    memset(&addr, 0xa5, sizeof addr);
    memset(&untouched, 0xa5, sizeof untouched);
    ck_assert_msg(mio_addr_parse_bytes(text, size, &addr) == err, "%.*s", (int)size, text);
    ck_assert_mem_eq(&addr, &untouched, sizeof addr);
}

START_TEST(texts_that_are_no_addresses)
{
    static const char *const texts[] = {
        /* no port, no host */
        "",
        ":",
        ":80",
        "127.0.0.1",
        "127.0.0.1:",
        "::1",
        "[::1]",
        "[::1]:",
        "[]:80",
        "[",
        "]",
        "[:80",
        "]:80",
        "localhost:80",
        "*:80",
        "*",
        "@name",
        "/run/x.sock",
        "unix",
        "Unix:/x",
        /* ports */
        "127.0.0.1:80x",
        "127.0.0.1:x80",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "127.0.0.1:+1",
        "127.0.0.1: 80",
        "127.0.0.1:80 ",
        "127.0.0.1:080",
        "127.0.0.1:00",
        "127.0.0.1:0x50",
        "127.0.0.1:8e1",
        "127.0.0.1:80.5",
        "127.0.0.1:4294967376",
        "127.0.0.1:99999999999999999",
        "127.0.0.1:18446744073709551696",
        "127.0.0.1:80:80",
        "127.0.0.1::80",
        "[::1]:080",
        "[::1]:65536",
        "[::1]80",
        "[::1]x:80",
        /* IPv4: what inet_aton() takes */
        "127.1:80",
        "127.0.1:80",
        "2130706433:80",
        "0x7f.0.0.1:80",
        "010.0.0.1:80",
        "127.0.0.01:80",
        "127.0.0.00:80",
        "256.0.0.1:80",
        "127.0.0.1.:80",
        ".127.0.0.1:80",
        "127.0.0.1.1:80",
        " 127.0.0.1:80",
        "127.0.0.1 :80",
        "127.0.0.-1:80",
        "1.2.3.4%lo:80",
        /* IPv6 */
        "::1:80",
        "[127.0.0.1]:80",
        "[::1:80",
        "::1]:80",
        "[[::1]]:80",
        "[:::]:80",
        "[1:2:3:4:5:6:7]:80",
        "[1:2:3:4:5:6:7:8:9]:80",
        "[12345::]:80",
        "[::g]:80",
        "[ ::1]:80",
        "[::1 ]:80",
        "[::1]:80]",
        "[::ffff:127.1]:80",
        "[::1/64]:80",
        "[0000:0000:0000:0000:0000:0000:0000:00001]:80",
        /* scopes */
        "[::1%]:80",
        "[%lo]:80",
        "[::1%lo:80",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        mio_addr addr;

        ck_assert_msg(mio_addr_parse(texts[i], &addr) == -EINVAL, "%s", texts[i]);
        check_refused(texts[i], strlen(texts[i]), -EINVAL);
    }
}
END_TEST

START_TEST(a_nul_inside)
{
    check_refused("127.0.0.1\0:80", 13, -EINVAL);
    check_refused("127.0.0.1:80\0", 13, -EINVAL);
    check_refused("127.0.0.1:\00080", 13, -EINVAL);
    check_refused("\000127.0.0.1:80", 13, -EINVAL);
    check_refused("[::1\0]:80", 9, -EINVAL);
    check_refused("[::1%lo\0]:80", 12, -EINVAL);
    check_refused("[::1%1\0]:80", 11, -EINVAL);
    check_refused("unix:/a\0b", 9, -EINVAL);
    check_refused("unix:/a\0", 8, -EINVAL);
    check_refused("unix:\0a", 7, -EINVAL);
    check_refused("unix:\0", 6, -EINVAL);
    check_refused("uni\0x:/a", 8, -EINVAL);
}
END_TEST

START_TEST(texts_that_mean_the_same)
{
    static const char *const pairs[][2] = {
        {"[::1]:80", "[0:0:0:0:0:0:0:1]:80"},
        {"[::1]:80", "[0000::0001]:80"},
        {"[::ffff:1.2.3.4]:80", "[::ffff:102:304]:80"},
        {"[2001:DB8::A]:80", "[2001:db8::a]:80"},
        {"[::1%0]:80", "[::1]:80"},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        mio_addr a, b;

        ck_assert_int_eq(mio_addr_parse(pairs[i][0], &a), 0);
        ck_assert_int_eq(mio_addr_parse(pairs[i][1], &b), 0);
        ck_assert_mem_eq(&a, &b, sizeof a);
    }
}
END_TEST

static void check_parsed(const char *text, const mio_addr *expected)
{
    mio_addr addr;

    ck_assert_int_eq(mio_addr_parse(text, &addr), 0);
    ck_assert_mem_eq(&addr, expected, sizeof addr);
}

START_TEST(texts_and_what_they_mean)
{
    static const uint8_t localhost[4] = {127, 0, 0, 1};
    static const uint8_t broadcast[4] = {255, 255, 255, 255};
    static const uint8_t link_local[16] = {0xfe, 0x80, [15] = 1};
    mio_addr expected;

    mio_addr_ipv4(localhost, 80, &expected);
    check_parsed("127.0.0.1:80", &expected);
    mio_addr_ipv4(broadcast, 65535, &expected);
    check_parsed("255.255.255.255:65535", &expected);
    mio_addr_ipv6(link_local, 0, 0, &expected);
    check_parsed("[fe80::1]:0", &expected);
    mio_addr_ipv6(link_local, 80, UINT32_MAX, &expected);
    check_parsed("[fe80::1%4294967295]:80", &expected);
    mio_addr_unix("/run/x:80", 9, &expected);
    check_parsed("unix:/run/x:80", &expected);
    mio_addr_unix("127.0.0.1:80", 12, &expected);
    check_parsed("unix:127.0.0.1:80", &expected);
    mio_addr_unix("\0name@x", 7, &expected);
    check_parsed("unix:@name@x", &expected);
    mio_addr_unix("\0", 1, &expected);
    check_parsed("unix:@", &expected);
    mio_addr_unix(NULL, 0, &expected);
    check_parsed("unix:", &expected);
}
END_TEST

START_TEST(scopes)
{
    static const uint8_t link_local[16] = {0xfe, 0x80, [15] = 1};
    mio_addr expected;

    mio_addr_ipv6(link_local, 80, if_nametoindex("lo"), &expected);
    check_parsed("[fe80::1%lo]:80", &expected);
    check_refused("[fe80::1%nope]:80", 17, -ENODEV);
    check_refused("[fe80::1%01]:80", 15, -ENODEV);
    check_refused("[fe80::1%4294967296]:80", 23, -ENODEV);
    check_refused("[fe80::1%-1]:80", 15, -ENODEV);
    check_refused("[fe80::1%lo%lo]:80", 18, -ENODEV);
    check_refused("[fe80::1%a_name_of_17_bytes]:80", 31, -ENODEV);
    check_refused("[fe80::1%lo]:80x", 16, -EINVAL);
}
END_TEST

START_TEST(unix_names_by_length)
{
    char text[5 + 300] = "unix:";
    mio_addr addr, expected;

    memset(text + 5, 'x', 300);
    ck_assert_int_eq(mio_addr_parse_bytes(text, 5 + 107, &addr), 0);
    ck_assert_int_eq(mio_addr_unix(text + 5, 107, &expected), 0);
    ck_assert_mem_eq(&addr, &expected, sizeof addr);
    check_refused(text, 5 + 108, -ENAMETOOLONG);
    check_refused(text, 5 + 300, -ENAMETOOLONG);
    text[5] = '@';
    text[7] = '\0'; /* as good as any other byte, in an abstract name */
    ck_assert_int_eq(mio_addr_parse_bytes(text, 5 + 108, &addr), 0);
    text[5] = '\0';
    ck_assert_int_eq(mio_addr_unix(text + 5, 108, &expected), 0);
    ck_assert_mem_eq(&addr, &expected, sizeof addr);
    text[5] = '@';
    check_refused(text, 5 + 109, -ENAMETOOLONG);
    check_refused(text, 5 + 300, -ENAMETOOLONG);
}
END_TEST

START_TEST(nulls)
{
    char buffer[MIO_ADDR_TEXT_MAX] = "kept";
    mio_addr addr;

    ck_assert_int_eq(mio_addr_parse(NULL, &addr), -EINVAL);
    ck_assert_int_eq(mio_addr_parse_bytes(NULL, 0, &addr), -EINVAL);
    ck_assert_int_eq(mio_addr_parse("127.0.0.1:80", NULL), -EINVAL);
    ck_assert_int_eq(mio_addr_parse("127.0.0.1:80", &addr), 0);
    ck_assert_int_eq(mio_addr_format(&addr, NULL, sizeof buffer), -EINVAL);
    ck_assert_int_eq(mio_addr_format(NULL, buffer, sizeof buffer), -EINVAL);
    ck_assert_int_eq(mio_addr_host(&addr, NULL, sizeof buffer), -EINVAL);
    ck_assert_int_eq(mio_addr_host(NULL, buffer, sizeof buffer), -EINVAL);
    ck_assert_str_eq(buffer, "kept");
}
END_TEST

/* ------------------------------------------------- the oracle: inet_pton() */

/* A port as sscanf() and sprintf() agree about it. */
static bool oracle_port(const char *text, int *ret_port)
{
    unsigned port;
    char digits[8];

    if (strlen(text) > 5 || sscanf(text, "%5u", &port) != 1 || port > 65535)
        return false;
    snprintf(digits, sizeof digits, "%u", port);
    *ret_port = (int)port;
    return strcmp(text, digits) == 0;
}

/* The texts that the mutations begin with have no scopes: those have a test of their own. */
static bool oracle_parse(const char *text, mio_addr *ret_addr)
{
    char host[64] = "";
    const char *colon = strrchr(text, ':');
    uint8_t bytes[16];
    int port;

    if (colon == NULL || !oracle_port(colon + 1, &port))
        return false;
    memcpy(host, text, (size_t)(colon - text));
    if (inet_pton(AF_INET, host, bytes) == 1)
        return mio_addr_ipv4(bytes, port, ret_addr) == 0;
    if (host[0] != '[' || host[strlen(host) - 1] != ']')
        return false;
    host[strlen(host) - 1] = '\0';
    return inet_pton(AF_INET6, host + 1, bytes) == 1 &&
           mio_addr_ipv6(bytes, port, 0, ret_addr) == 0;
}

/* Replace, insert, remove or double a byte. */
static void mutate(char *text, size_t capacity, uint64_t *state)
{
    static const char alphabet[] = "0123456789abcdefABCDEF::::....[]xX+- g/\t\x80";
    const size_t size = strlen(text);
    const size_t at = size == 0 ? 0 : harness_random_size(state, size);
    const char byte = alphabet[harness_random(state) % (sizeof alphabet - 1)];

    switch (harness_random(state) % 4) {
    case 0:
        if (size > 0)
            text[at] = byte;
        break;
    case 1:
    case 2:
        if (size + 2 < capacity) {
            memmove(text + at + 1, text + at, size - at + 1);
            if (byte % 2 == 0 || size == 0)
                text[at] = byte;
        }
        break;
    default:
        if (size > 0)
            memmove(text + at, text + at + 1, size - at);
        break;
    }
}

START_TEST(mutated_texts_against_inet_pton)
{
    static const char *const seeds[] = {
        "127.0.0.1:80", "255.255.255.255:65535",  "10.0.20.30:0", "1.2.3.4:6553",
        "[::1]:80",     "[2001:db8::ff00:42]:1",  "[::]:0",       "[::ffff:1.2.3.4]:8080",
        "[fe80::]:443", "[1:2:3:4:5:6:7:8]:9000",
    };
    uint64_t state = 4711;
    int accepted = 0;
    int refused = 0;

    for (int i = 0; i < MUTATIONS; i += harness_stride()) {
        char text[60];
        mio_addr addr, expected;
        bool ok;

        strcpy(text, seeds[harness_random(&state) % (sizeof seeds / sizeof seeds[0])]);
        for (uint64_t n = harness_random(&state) % 4; n > 0; n--)
            mutate(text, sizeof text, &state);
        ok = oracle_parse(text, &expected);
        harness_assert(mio_addr_parse(text, &addr) == (ok ? 0 : -EINVAL), "%s", text);
        harness_assert(!ok || memcmp(&addr, &expected, sizeof addr) == 0, "%s", text);
        accepted += ok;
        refused += !ok;
    }
    ck_assert_int_gt(accepted, refused / 10);
    ck_assert_int_gt(refused, accepted / 10);
}
END_TEST

START_TEST(random_bytes)
{
    uint64_t state = 815;

    for (int i = 0; i < MUTATIONS; i += harness_stride()) {
        char text[140];
        const size_t size = harness_random_size(&state, sizeof text);
        mio_addr addr;

        for (size_t j = 0; j < size; j++)
            text[j] = (char)harness_random(&state);
        harness_assert(mio_addr_parse_bytes(text, size, &addr) == -EINVAL, "of turn %d", i);
    }
}
END_TEST

/* ------------------------------------------------------------------- writing */

/* Format it, read that, and compare. */
static void check_round_trip(const mio_addr *addr)
{
    char text[MIO_ADDR_TEXT_MAX];
    const int size = mio_addr_format(addr, text, sizeof text);
    mio_addr back;

    harness_assert(size > 0 && text[size] == '\0', "a size of %d", size);
    harness_assert(mio_addr_parse_bytes(text, (size_t)size, &back) == 0, "%s", text);
    harness_assert(mio_addr_compare(addr, &back) == 0, "%s", text);
    harness_assert(memcmp(addr, &back, sizeof back) == 0, "%s", text);
}

static void random_addr(uint64_t *state, mio_addr *addr)
{
    uint8_t bytes[108];
    const int port = (int)(harness_random(state) % 65536);
    const size_t size = harness_random_size(state, 109);

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(harness_random(state) % 3 == 0 ? 0 : harness_random(state));
    switch (harness_random(state) % 4) {
    case 0:
        ck_assert_int_eq(mio_addr_ipv4(bytes, port, addr), 0);
        break;
    case 1:
        ck_assert_int_eq(mio_addr_ipv6(bytes, port, 0, addr), 0);
        break;
    case 2:
        ck_assert_int_eq(mio_addr_ipv6(bytes, port, (uint32_t)harness_random(state), addr), 0);
        break;
    default:
        bytes[0] = 0;
        ck_assert_int_eq(mio_addr_unix((const char *)bytes, size, addr), 0);
        break;
    }
}

START_TEST(random_addresses_make_the_round_trip)
{
    uint64_t state = 99;

    for (int i = 0; i < ROUND_TRIPS; i += harness_stride()) {
        mio_addr addr;

        random_addr(&state, &addr);
        check_round_trip(&addr);
    }
}
END_TEST

START_TEST(texts_that_make_the_round_trip)
{
    static const char *const texts[] = {
        "0.0.0.0:0",     "255.255.255.255:65535",  "[::]:0",        "[::1]:80",
        "[fe80::1%1]:1", "[::ffff:1.2.3.4]:80",    "unix:",         "unix:@",
        "unix:@name",    "unix:/run/x.sock",       "unix:relative", "unix:a@b",
        "unix:unix:x",   "[1:2:3:4:5:6:7:8]:9000", "unix:./@a",     "unix: ",
        "[::2:0:0:1]:0", "[fe80::1%4294967295]:1", "unix:@@",       "unix:\xff\n",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char text[MIO_ADDR_TEXT_MAX];
        mio_addr addr;

        ck_assert_int_eq(mio_addr_parse(texts[i], &addr), 0);
        ck_assert_int_eq(mio_addr_format(&addr, text, sizeof text), (int)strlen(texts[i]));
        ck_assert_str_eq(text, texts[i]);
    }
}
END_TEST

START_TEST(a_path_that_looks_abstract)
{
    char text[MIO_ADDR_TEXT_MAX];
    mio_addr addr;

    ck_assert_int_eq(mio_addr_unix("@a", 2, &addr), 0);
    ck_assert_int_eq(mio_addr_format(&addr, text, sizeof text), 9);
    ck_assert_str_eq(text, "unix:./@a");
    ck_assert_int_eq(mio_addr_host(&addr, text, sizeof text), 4);
    ck_assert_str_eq(text, "./@a");
}
END_TEST

START_TEST(hosts)
{
    static const char *const pairs[][2] = {
        {"1.2.3.4:80", "1.2.3.4"}, {"[::1]:80", "::1"},     {"[fe80::1%7]:80", "fe80::1%7"},
        {"unix:/run/x", "/run/x"}, {"unix:@name", "@name"}, {"unix:", ""},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char text[MIO_ADDR_TEXT_MAX];
        mio_addr addr;

        ck_assert_int_eq(mio_addr_parse(pairs[i][0], &addr), 0);
        ck_assert_int_eq(mio_addr_host(&addr, text, sizeof text), (int)strlen(pairs[i][1]));
        ck_assert_str_eq(text, pairs[i][1]);
    }
}
END_TEST

/* Of each address, the text fits a buffer of its length and the NUL, and no smaller one. */
static void check_buffer_sizes(const mio_addr *addr,
                               int (*write)(const mio_addr *, char *, size_t))
{
    char whole[MIO_ADDR_TEXT_MAX];
    const size_t length = (size_t)write(addr, whole, sizeof whole);

    for (size_t size = 0; size <= length; size++) {
        char *buffer = malloc(size + 1); /* of the exact size, for the sanitizer to watch */

        memset(buffer, '#', size + 1);
        ck_assert_int_eq(write(addr, buffer, size), -ENOSPC);
        for (size_t i = 0; i <= size; i++)
            ck_assert_int_eq(buffer[i], '#');
        ck_assert_int_eq(write(addr, buffer, size + 1), size < length ? -ENOSPC : (int)length);
        free(buffer);
    }
}

START_TEST(buffers_that_are_too_small)
{
    char longest[108];
    mio_addr addr;

    memset(longest, 'x', sizeof longest);
    longest[0] = '@'; /* written with the most bytes: "unix:./@xxx..." */
    ck_assert_int_eq(mio_addr_unix(longest, 107, &addr), 0);
    check_buffer_sizes(&addr, mio_addr_format);
    check_buffer_sizes(&addr, mio_addr_host);
    longest[0] = '\0';
    ck_assert_int_eq(mio_addr_unix(longest, 108, &addr), 0);
    check_buffer_sizes(&addr, mio_addr_format);
    ck_assert_int_eq(mio_addr_parse("[1:2:3:4:5:6:7:8%4294967295]:65535", &addr), 0);
    check_buffer_sizes(&addr, mio_addr_format);
    check_buffer_sizes(&addr, mio_addr_host);
}
END_TEST

START_TEST(nothing_to_write)
{
    const mio_addr zero = {.size = 0};
    char text[MIO_ADDR_TEXT_MAX];

    ck_assert_int_eq(mio_addr_format(&zero, text, sizeof text), -EAFNOSUPPORT);
    ck_assert_int_eq(mio_addr_host(&zero, text, sizeof text), -EAFNOSUPPORT);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("net/addr_text");
    TCase *reading = harness_case(suite, "reading");
    TCase *writing = harness_case(suite, "writing");

    tcase_add_test(reading, texts_that_are_no_addresses);
    tcase_add_test(reading, a_nul_inside);
    tcase_add_test(reading, texts_that_mean_the_same);
    tcase_add_test(reading, texts_and_what_they_mean);
    tcase_add_test(reading, scopes);
    tcase_add_test(reading, unix_names_by_length);
    tcase_add_test(reading, nulls);
    tcase_add_test(reading, mutated_texts_against_inet_pton);
    tcase_add_test(reading, random_bytes);
    tcase_add_test(writing, random_addresses_make_the_round_trip);
    tcase_add_test(writing, texts_that_make_the_round_trip);
    tcase_add_test(writing, a_path_that_looks_abstract);
    tcase_add_test(writing, hosts);
    tcase_add_test(writing, buffers_that_are_too_small);
    tcase_add_test(writing, nothing_to_write);
    return suite;
}
