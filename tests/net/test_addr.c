#include "net/addr.h"

#include "loopback.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

static const uint8_t v4_host[4] = {192, 0, 2, 7};
static const uint8_t v6_host[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 9};

enum { PATH_LONGEST = 107 };

/* That `addr` is what a failed call found in it: every byte 0xa5. */
static void check_untouched(const mio_addr *addr)
{
    mio_addr untouched;

    memset(&untouched, 0xa5, sizeof untouched);
    ck_assert_mem_eq(addr, &untouched, sizeof untouched);
}

START_TEST(an_address_that_is_all_zero)
{
    mio_addr zero = {.size = 0};

    ck_assert_int_eq(mio_addr_family(&zero), MIO_NO_FAMILY);
    ck_assert_int_eq(mio_addr_port(&zero), -EAFNOSUPPORT);
    ck_assert_int_eq(mio_addr_set_port(&zero, 1), -EAFNOSUPPORT);
    ck_assert_int_eq(mio_addr_compare(&zero, &zero), 0);
}
END_TEST

START_TEST(ipv4)
{
    mio_addr addr;
    mio__addr_parts parts;

    ck_assert_int_eq(mio_addr_ipv4(v4_host, 4711, &addr), 0);
    ck_assert_int_eq(mio_addr_family(&addr), MIO_IPV4);
    ck_assert_int_eq(mio_addr_port(&addr), 4711);
    parts = mio__addr_split(&addr);
    ck_assert_uint_eq(parts.host_size, 4);
    ck_assert_mem_eq(parts.host, v4_host, 4);
    ck_assert_uint_eq(parts.scope, 0);
}
END_TEST

START_TEST(ipv6)
{
    mio_addr addr;
    mio__addr_parts parts;

    ck_assert_int_eq(mio_addr_ipv6(v6_host, 65535, UINT32_MAX, &addr), 0);
    ck_assert_int_eq(mio_addr_family(&addr), MIO_IPV6);
    ck_assert_int_eq(mio_addr_port(&addr), 65535);
    parts = mio__addr_split(&addr);
    ck_assert_uint_eq(parts.host_size, 16);
    ck_assert_mem_eq(parts.host, v6_host, 16);
    ck_assert_uint_eq(parts.scope, UINT32_MAX);
}
END_TEST

START_TEST(ports_out_of_range)
{
    static const int ports[] = {-1, 65536, INT32_MAX, INT32_MIN};
    mio_addr addr, kept;

    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++) {
        memset(&addr, 0xa5, sizeof addr);
        ck_assert_int_eq(mio_addr_ipv4(v4_host, ports[i], &addr), -EINVAL);
        ck_assert_int_eq(mio_addr_ipv6(v6_host, ports[i], 0, &addr), -EINVAL);
        check_untouched(&addr);
    }
    ck_assert_int_eq(mio_addr_ipv6(v6_host, 80, 0, &addr), 0);
    kept = addr;
    ck_assert_int_eq(mio_addr_set_port(&addr, 65536), -EINVAL);
    ck_assert_int_eq(mio_addr_set_port(&addr, -1), -EINVAL);
    ck_assert_mem_eq(&addr, &kept, sizeof addr);
}
END_TEST

START_TEST(set_port_changes_the_port_alone)
{
    mio_addr addr, expected;

    ck_assert_int_eq(mio_addr_ipv4(v4_host, 80, &addr), 0);
    ck_assert_int_eq(mio_addr_ipv4(v4_host, 0, &expected), 0);
    ck_assert_int_eq(mio_addr_set_port(&addr, 0), 0);
    ck_assert_mem_eq(&addr, &expected, sizeof addr);
    ck_assert_int_eq(mio_addr_ipv6(v6_host, 80, 3, &addr), 0);
    ck_assert_int_eq(mio_addr_ipv6(v6_host, 65535, 3, &expected), 0);
    ck_assert_int_eq(mio_addr_set_port(&addr, 65535), 0);
    ck_assert_mem_eq(&addr, &expected, sizeof addr);
    ck_assert_int_eq(mio_addr_unix("/x", 2, &addr), 0);
    ck_assert_int_eq(mio_addr_set_port(&addr, 80), -EAFNOSUPPORT);
    ck_assert_int_eq(mio_addr_port(&addr), -EAFNOSUPPORT);
}
END_TEST

static void check_unix(const char *path, size_t size)
{
    mio_addr addr;
    mio__addr_parts parts;

    ck_assert_int_eq(mio_addr_unix(path, size, &addr), 0);
    ck_assert_int_eq(mio_addr_family(&addr), MIO_UNIX);
    parts = mio__addr_split(&addr);
    ck_assert_uint_eq(parts.host_size, size);
    if (size > 0)
        ck_assert_mem_eq(parts.host, path, size);
}

START_TEST(unix_names)
{
    char longest[300];

    memset(longest, 'x', sizeof longest);
    check_unix("/run/x.sock", 11);
    check_unix("x", 1);
    check_unix(longest, PATH_LONGEST);
    check_unix("", 0);
    check_unix(NULL, 0);
    check_unix("\0name", 5);
    check_unix("\0a\0b\0", 5);
    check_unix("\0", 1);
    longest[0] = '\0';
    check_unix(longest, PATH_LONGEST + 1);
}
END_TEST

START_TEST(unix_names_that_are_refused)
{
    char text[300];
    mio_addr addr;

    memset(&addr, 0xa5, sizeof addr);
    memset(text, 'x', sizeof text);
    ck_assert_int_eq(mio_addr_unix(text, PATH_LONGEST + 1, &addr), -ENAMETOOLONG);
    ck_assert_int_eq(mio_addr_unix(text, sizeof text, &addr), -ENAMETOOLONG);
    ck_assert_int_eq(mio_addr_unix(text, SIZE_MAX, &addr), -ENAMETOOLONG);
    ck_assert_int_eq(mio_addr_unix(text, SIZE_MAX - 1, &addr), -ENAMETOOLONG);
    ck_assert_int_eq(mio_addr_unix("a\0b", 3, &addr), -EINVAL);
    ck_assert_int_eq(mio_addr_unix("ab\0", 3, &addr), -EINVAL);
    text[0] = '\0';
    ck_assert_int_eq(mio_addr_unix(text, PATH_LONGEST + 2, &addr), -ENAMETOOLONG);
    ck_assert_int_eq(mio_addr_unix(text, SIZE_MAX, &addr), -ENAMETOOLONG);
    check_untouched(&addr);
}
END_TEST

START_TEST(null_pointers)
{
    mio_addr addr;

    memset(&addr, 0xa5, sizeof addr);
    ck_assert_int_eq(mio_addr_ipv4(NULL, 0, &addr), -EINVAL);
    ck_assert_int_eq(mio_addr_ipv4(v4_host, 0, NULL), -EINVAL);
    ck_assert_int_eq(mio_addr_ipv6(NULL, 0, 0, &addr), -EINVAL);
    ck_assert_int_eq(mio_addr_ipv6(v6_host, 0, 0, NULL), -EINVAL);
    ck_assert_int_eq(mio_addr_unix(NULL, 1, &addr), -EINVAL);
    ck_assert_int_eq(mio_addr_unix("x", 1, NULL), -EINVAL);
    ck_assert_int_eq(mio_addr_family(NULL), MIO_NO_FAMILY);
    ck_assert_int_eq(mio_addr_port(NULL), -EAFNOSUPPORT);
    ck_assert_int_eq(mio_addr_set_port(NULL, 1), -EAFNOSUPPORT);
    ck_assert_int_eq(mio_addr_compare(NULL, NULL), 0);
    check_untouched(&addr);
}
END_TEST

/* In their order. */
static const char *const sorted[] = {
    "0.0.0.0:0",   "0.0.0.0:65535", "1.2.3.4:0",     "1.2.3.4:255", "1.2.3.4:256", "1.2.4.3:0",
    "255.0.0.0:0", "[::]:0",        "[::]:1",        "[::1]:0",     "[::1]:80",    "[::1%1]:0",
    "[::1%1]:80",  "[::1%300]:7",   "[8000::]:0",    "[ffff::]:0",  "unix:",       "unix:@",
    "unix:@a",     "unix:@aa",      "unix:@b",       "unix:/",      "unix:/a",     "unix:/a/b",
    "unix:/b",     "unix:x",        "unix:\xc3\xa4",
};

static int sign(int number)
{
    return (number > 0) - (number < 0);
}

START_TEST(compare_is_a_total_order)
{
    enum { COUNT = sizeof sorted / sizeof sorted[0] };
    mio_addr addrs[COUNT];

    for (int i = 0; i < COUNT; i++)
        ck_assert_int_eq(mio_addr_parse(sorted[i], &addrs[i]), 0);
    for (int i = 0; i < COUNT; i++) {
        const mio_addr zero = {.size = 0};

        ck_assert_int_gt(mio_addr_compare(&addrs[i], &zero), 0);
        ck_assert_int_lt(mio_addr_compare(&zero, &addrs[i]), 0);
        for (int j = 0; j < COUNT; j++) {
            ck_assert_msg(sign(mio_addr_compare(&addrs[i], &addrs[j])) == sign(i - j),
                          "%s and %s", sorted[i], sorted[j]);
        }
    }
}
END_TEST

/* Bind by hand to a path of `length` bytes with `nul` or without one, and read it back. */
static void check_kernel_path(const char *folder, size_t length, bool nul)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct {
        struct sockaddr_un un;
        char nul; /* valgrind wants one after the path */
    } name = {.un = {.sun_family = AF_UNIX}};
    char path[sizeof name.un.sun_path + 1] = "";
    mio_addr addr;
    mio__addr_parts parts;

    memset(path, 'p', length);
    memcpy(path, folder, strlen(folder));
    path[strlen(folder)] = '/';
    memcpy(name.un.sun_path, path, length);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&name,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + nul)),
                     0);
    ck_assert_int_eq(mio_socket_local(fd, &addr), 0);
    parts = mio__addr_split(&addr);
    ck_assert_int_eq(parts.family, MIO_UNIX);
    ck_assert_uint_eq(parts.host_size, length);
    ck_assert_mem_eq(parts.host, path, length);
    if (length <= PATH_LONGEST) {
        mio_addr made;

        ck_assert_int_eq(mio_addr_unix(path, length, &made), 0);
        ck_assert_mem_eq(&made, &addr, sizeof addr);
    }
    close(fd);
    unlink(path);
}

START_TEST(paths_that_the_kernel_hands_out)
{
    char folder[] = "/tmp/mio-XXXXXX";

    ck_assert_ptr_nonnull(mkdtemp(folder));
    check_kernel_path(folder, 20, true);
    check_kernel_path(folder, 20, false);
    check_kernel_path(folder, PATH_LONGEST, true);
    check_kernel_path(folder, PATH_LONGEST, false);
    check_kernel_path(folder, PATH_LONGEST + 1, false);
    rmdir(folder);
}
END_TEST

/* Linux counts a path and its NUL; other systems leave the NUL out, or count all of sun_path.
 */
START_TEST(paths_however_they_are_counted)
{
    const struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/run/x"};
    const size_t head = offsetof(struct sockaddr_un, sun_path);
    const size_t sizes[] = {head + 6, head + 7, sizeof un};
    mio_addr expected;

    ck_assert_int_eq(mio_addr_unix("/run/x", 6, &expected), 0);
    for (int i = 0; i < 3; i++) {
        mio_addr addr = {.size = 0};

        memcpy(mio__addr_room(&addr), &un, sizes[i]);
        ck_assert_int_eq(mio__addr_filled(&addr, (socklen_t)sizes[i]), 0);
        ck_assert_mem_eq(&addr, &expected, sizeof addr);
    }
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("net/addr");
    TCase *tcase = harness_case(suite, "addr");

    tcase_add_test(tcase, an_address_that_is_all_zero);
    tcase_add_test(tcase, ipv4);
    tcase_add_test(tcase, ipv6);
    tcase_add_test(tcase, ports_out_of_range);
    tcase_add_test(tcase, set_port_changes_the_port_alone);
    tcase_add_test(tcase, unix_names);
    tcase_add_test(tcase, unix_names_that_are_refused);
    tcase_add_test(tcase, null_pointers);
    tcase_add_test(tcase, compare_is_a_total_order);
    tcase_add_test(tcase, paths_that_the_kernel_hands_out);
    tcase_add_test(tcase, paths_however_they_are_counted);
    return suite;
}
