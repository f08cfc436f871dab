#include "datagrams.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[32], path[64];
static mio_addr addr;

static void make_folder(void)
{
    char text[64];

    snprintf(folder, sizeof folder, "/tmp/mio-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/s", folder);
    snprintf(text, sizeof text, "unix:%.40s", path);
    ck_assert_int_eq(mio_addr_parse(text, &addr), 0);
}

static void remove_folder(void)
{
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
}

/* Open a socket of one of three types at the path. */
static int open_at_path(int type, bool replace, mio_fd *ret_fd)
{
    const mio_datagram_options datagram = {.replace_stale = replace};
    const mio_listen_options listener = {.type = (mio_socket_type)type,
                                         .replace_stale = replace};

    return type == MIO_DATAGRAM ? mio_datagram_open(&addr, &datagram, ret_fd)
                                : mio_listen(&addr, &listener, ret_fd);
}

START_TEST(a_file_left_behind_is_replaced)
{
    mio_fd fd;

    make_folder();
    for (int before = MIO_STREAM; before <= MIO_DATAGRAM; before++) {
        ck_assert_int_eq(open_at_path(before, false, &fd), 0);
        ck_assert_int_eq(mio_close(fd), 0);
        ck_assert_int_eq(open_at_path(_i, false, &fd), -EADDRINUSE);
        ck_assert_int_eq(open_at_path(_i, true, &fd), 0);
        ck_assert_int_eq(mio_close(fd), 0);
        ck_assert_int_eq(unlink(path), 0);
    }
    remove_folder();
}
END_TEST

START_TEST(who_lives_is_not_disturbed)
{
    mio_fd living, fd = -2;

    make_folder();
    for (int type = MIO_STREAM; type <= MIO_DATAGRAM; type++) {
        ck_assert_int_eq(open_at_path(type, false, &living), 0);
        ck_assert_int_eq(open_at_path(_i, true, &fd), -EADDRINUSE);
        ck_assert_int_eq(fd, -2);
        ck_assert_int_eq(access(path, F_OK), 0);
        if (type != MIO_DATAGRAM)
            ck_assert_int_eq(mio_accept(living, &fd, NULL), -EAGAIN);
        ck_assert_int_eq(mio_close(living), 0);
        ck_assert_int_eq(unlink(path), 0);
    }
    remove_folder();
}
END_TEST

START_TEST(what_is_no_socket_stays)
{
    struct stat status;
    mio_fd fd = -2;
    FILE *file;

    make_folder();
    file = fopen(path, "w");
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(open_at_path(_i, true, &fd), -EADDRINUSE);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(symlink("nowhere", path), 0);
    ck_assert_int_eq(open_at_path(_i, true, &fd), -EADDRINUSE);
    ck_assert_int_eq(lstat(path, &status), 0);
    ck_assert_int_eq(fd, -2);
    remove_folder();
}
END_TEST

START_TEST(a_name_without_a_file)
{
    mio_fd living, fd = -2;

    addr = loopback_addr(MIO_UNIX);
    ck_assert_int_eq(open_at_path(_i, true, &living), 0);
    ck_assert_int_eq(mio_socket_local(living, &addr), 0);
    ck_assert_int_eq(open_at_path(_i, true, &fd), -EADDRINUSE);
    ck_assert_int_eq(mio_close(living), 0);
    ck_assert_int_eq(mio_addr_parse("unix:/no/such/folder/s", &addr), 0);
    ck_assert_int_eq(open_at_path(_i, true, &fd), -ENOENT);
    ck_assert_int_eq(fd, -2);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("net/stale");
    TCase *tcase = harness_case(suite, "stale");

    tcase_add_loop_test(tcase, a_file_left_behind_is_replaced, MIO_STREAM, MIO_DATAGRAM + 1);
    tcase_add_loop_test(tcase, who_lives_is_not_disturbed, MIO_STREAM, MIO_DATAGRAM + 1);
    tcase_add_loop_test(tcase, what_is_no_socket_stays, MIO_STREAM, MIO_DATAGRAM + 1);
    tcase_add_loop_test(tcase, a_name_without_a_file, MIO_STREAM, MIO_DATAGRAM + 1);
    return suite;
}
