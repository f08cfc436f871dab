#include "harness.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

START_TEST(names_and_texts)
{
    ck_assert_str_eq(mio_errname(ECONNREFUSED), "ECONNREFUSED");
    ck_assert_str_eq(mio_strerror(ECONNREFUSED), "connection refused");
    ck_assert_str_eq(mio_errname(EMFILE), "EMFILE");
    ck_assert_str_eq(mio_strerror(EMFILE), "too many open files");
    ck_assert_str_eq(mio_errname(EAGAIN), "EAGAIN");
    ck_assert_str_eq(mio_errname(EWOULDBLOCK), "EAGAIN");
    ck_assert_str_eq(mio_errname(EOPNOTSUPP), "EOPNOTSUPP");
}
END_TEST

START_TEST(either_sign_is_the_same)
{
    for (int err = 1; err < 200; err++) {
        ck_assert_ptr_eq(mio_errname(-err), mio_errname(err));
        ck_assert_ptr_eq(mio_strerror(-err), mio_strerror(err));
    }
}
END_TEST

START_TEST(unknown_numbers)
{
    static const int unknown[] = {0, 100000, -100000, INT_MAX, -INT_MAX, INT_MIN};

    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        ck_assert_str_eq(mio_errname(unknown[i]), "EUNKNOWN");
        ck_assert_str_eq(mio_strerror(unknown[i]), "unknown error");
    }
}
END_TEST

/* What the kernel can answer a program that uses sockets has a row of its own. */
START_TEST(what_calls_give_is_known)
{
    static const int known[] = {
        EPERM,        ENOENT,          ESRCH,           EINTR,        EIO,
        EBADF,        ECHILD,          EAGAIN,          ENOMEM,       EACCES,
        EFAULT,       EBUSY,           EEXIST,          ENODEV,       ENOTDIR,
        EINVAL,       ENFILE,          EMFILE,          ENOSPC,       EPIPE,
        ENAMETOOLONG, ENOSYS,          ELOOP,           EPROTO,       EOVERFLOW,
        ENOTSOCK,     EDESTADDRREQ,    EMSGSIZE,        EPROTOTYPE,   ENOPROTOOPT,
        EAFNOSUPPORT, EPROTONOSUPPORT, ESOCKTNOSUPPORT, EADDRINUSE,   EADDRNOTAVAIL,
        ENETDOWN,     ENETUNREACH,     ENETRESET,       ECONNABORTED, ECONNRESET,
        ENOBUFS,      EISCONN,         ENOTCONN,        ESHUTDOWN,    ETIMEDOUT,
        ECONNREFUSED, EHOSTDOWN,       EHOSTUNREACH,    EALREADY,     EINPROGRESS,
        ECANCELED,
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        ck_assert_str_ne(mio_errname(known[i]), "EUNKNOWN");
}
END_TEST

/* Lower case and no full stop, so that a text can follow what failed; no text twice. */
START_TEST(texts_are_in_style)
{
    for (int err = 1; err < 200; err++) {
        const char *text = mio_strerror(err);

        if (strcmp(mio_errname(err), "EUNKNOWN") == 0)
            continue;
        for (const char *c = text; *c != '\0'; c++)
            ck_assert_msg(!isupper((unsigned char)*c), "%s", text);
        ck_assert_int_ne(text[strlen(text) - 1], '.');
        for (int other = err + 1; other < 200; other++)
            ck_assert_str_ne(mio_strerror(other), text);
    }
}
END_TEST

START_TEST(version_is_the_header_s)
{
    char text[32];

    snprintf(text, sizeof text, "%d.%d.%d", MIO_VERSION_MAJOR, MIO_VERSION_MINOR,
             MIO_VERSION_PATCH);
    ck_assert_str_eq(mio_version(), MIO_VERSION);
    ck_assert_str_eq(mio_version(), text);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("base/error");
    TCase *tcase = harness_case(suite, "error");

    tcase_add_test(tcase, names_and_texts);
    tcase_add_test(tcase, either_sign_is_the_same);
    tcase_add_test(tcase, unknown_numbers);
    tcase_add_test(tcase, what_calls_give_is_known);
    tcase_add_test(tcase, texts_are_in_style);
    tcase_add_test(tcase, version_is_the_header_s);
    return suite;
}
