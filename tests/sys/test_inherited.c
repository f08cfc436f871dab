/* wraps: open preadv64v2 pwritev64v2 */
#include "mio/inherited.h"

#include "broken_pipes.h"
#include "faults.h"
#include "mio/pipe.h"
#include "mio/poll.h"
#include "mio/socket.h"
#include "sources.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>

#ifdef MIO__HAVE_PWRITEV2
WRAP(ssize_t, preadv64v2,
     (int fd, const struct iovec *buffers, int count, off_t offset, int flags),
     (fd, buffers, count, offset, flags))
#endif

/* What the kernel knows of the flags: both; not that of signals; none. */
enum { KNOWS_BOTH, KNOWS_NO_WAIT, KNOWS_NONE, KNOWN_WAYS };

static int known;

#ifdef MIO__HAVE_PWRITEV2
ssize_t __real_pwritev64v2(int fd, const struct iovec *buffers, int count, off_t offset,
                           int flags);
ssize_t __wrap_pwritev64v2(int fd, const struct iovec *buffers, int count, off_t offset,
                           int flags);
ssize_t __wrap_pwritev64v2(int fd, const struct iovec *buffers, int count, off_t offset,
                           int flags)
{
    errno = EOPNOTSUPP;
    if (known == KNOWS_NONE || (known == KNOWS_NO_WAIT && flags != RWF_NOWAIT))
        return -1;
    return __real_pwritev64v2(fd, buffers, count, offset, flags);
}
#endif

static void kernel_begin(int knows)
{
    known = knows;
    if (knows == KNOWS_NONE)
        fault_arm("preadv64v2", EOPNOTSUPP, 0, INT_MAX);
}

static void kernel_end(void)
{
    known = KNOWS_BOTH;
    fault_disarm();
}

/* What open() calls. */
#ifdef __GLIBC__
#define OPEN_REAL __real_open64
#define OPEN_WRAP __wrap_open64
#else
#define OPEN_REAL __real_open
#define OPEN_WRAP __wrap_open
#endif

int OPEN_REAL(const char *path, int flags, ...);
int OPEN_WRAP(const char *path, int flags, ...);
int OPEN_WRAP(const char *path, int flags, ...)
{
    return fault_strikes("open") ? -1 : OPEN_REAL(path, flags, 0600);
}

/* ------------------------------------------------------ what is inherited */

/* Pairs that block, as programs get them: one end to read from, one to write to. */
enum { PAIR_PIPE, PAIR_SOCKET, PAIR_KINDS };

static void pair_open(int kind, int fds[2])
{
    ck_assert_int_eq(kind == PAIR_PIPE ? pipe(fds) : socketpair(AF_UNIX, SOCK_STREAM, 0, fds),
                     0);
}

static int flags_of(int fd)
{
    return fcntl(fd, F_GETFL);
}

static mio_inherited inherit(int fd)
{
    const int flags = flags_of(fd);
    mio_inherited inherited;

    ck_assert_int_eq(mio_inherited_open(fd, &inherited), 0);
    ck_assert_int_ge(inherited.fd, 3);
    ck_assert_int_ne(inherited.fd, fd);
    ck_assert_int_ne(fcntl(inherited.fd, F_GETFD) & FD_CLOEXEC, 0);
    ck_assert_int_eq(flags_of(fd), flags);
    return inherited;
}

/* It is closed; and the descriptor is as it always was: open, and it blocks. */
static void let_go(mio_inherited *inherited, int fd)
{
    ck_assert_int_eq(mio_inherited_close(inherited), 0);
    ck_assert_int_eq(inherited->fd, -1);
    ck_assert_int_ge(flags_of(fd), 0);
    ck_assert_int_eq(flags_of(fd) & O_NONBLOCK, 0);
}

/* A way that the kernel may be, and a kind of pair, of a loop test. */
enum { WAYS = PAIR_KINDS * KNOWN_WAYS };

START_TEST(reading_does_not_wait)
{
    char buffer[8], two[2];
    const struct iovec vectors[] = {{two, 2}, {buffer, sizeof buffer}};
    mio_inherited in;
    int fds[2];

    kernel_begin(_i / PAIR_KINDS);
    pair_open(_i % PAIR_KINDS, fds);
    in = inherit(fds[0]);
    ck_assert_int_eq(mio_inherited_read(&in, buffer, sizeof buffer), -EAGAIN);
    ck_assert_int_eq(mio_inherited_readv(&in, vectors, 2), -EAGAIN);
    ck_assert_int_eq((int)write(fds[1], "hello", 5), 5);
    ck_assert_int_eq(mio_inherited_readv(&in, vectors, 2), 5);
    ck_assert_mem_eq(two, "he", 2);
    ck_assert_mem_eq(buffer, "llo", 3);
    ck_assert_int_eq(mio_inherited_read(&in, buffer, sizeof buffer), -EAGAIN);
    ck_assert_int_eq(mio_inherited_read(&in, buffer, 0), -EINVAL);
    ck_assert_int_eq(mio_inherited_readv(&in, vectors, 0), -EINVAL);
    ck_assert_int_eq((int)write(fds[1], "last", 4), 4);
    ck_assert_int_eq(close(fds[1]), 0);
    ck_assert_int_eq(mio_inherited_read(&in, buffer, sizeof buffer), 4);
    ck_assert_int_eq(mio_inherited_read(&in, buffer, sizeof buffer), 0);
    ck_assert_int_eq(mio_inherited_read(&in, buffer, sizeof buffer), 0);
    let_go(&in, fds[0]);
    ck_assert_int_eq(close(fds[0]), 0);
    kernel_end();
}
END_TEST

START_TEST(writing_does_not_wait)
{
    enum { SIZE = 1 << 20 };
    char *bytes = calloc(1, SIZE);
    const struct iovec vectors[] = {{NULL, 0}, {bytes, 10000}, {bytes, SIZE}};
    size_t total = 0, drained;
    ptrdiff_t count;
    mio_inherited out;
    int fds[2];

    kernel_begin(_i / PAIR_KINDS);
    pair_open(_i % PAIR_KINDS, fds);
    out = inherit(fds[1]);
    ck_assert_int_eq(mio_inherited_write(&out, "", 0), 0);
    ck_assert_int_eq(mio_inherited_writev(&out, NULL, 0), 0);
    while ((count = mio_inherited_writev(&out, vectors, 3)) > 0)
        total += (size_t)count;
    ck_assert_int_eq(count, -EAGAIN);
    ck_assert_int_eq(mio_inherited_write(&out, bytes, SIZE), -EAGAIN);
    ck_assert_int_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0); /* the other's end, or file */
    drained = source_drain(fds[0]);
    ck_assert_uint_eq(drained, total);
    ck_assert_int_eq(mio_inherited_write(&out, "x", 1), 1);
    let_go(&out, fds[1]);
    source_close(fds);
    free(bytes);
    kernel_end();
}
END_TEST

START_TEST(nobody_reads_any_more)
{
    broken_pipe begun;
    mio_inherited out;
    int fds[2];

    kernel_begin(_i / PAIR_KINDS);
    pair_open(_i % PAIR_KINDS, fds);
    out = inherit(fds[1]);
    ck_assert_int_eq(close(fds[0]), 0);
    begun = broken_pipe_begin(BROKEN_PIPE_STANDARD);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(mio_inherited_write(&out, "x", 1), -EPIPE);
    broken_pipe_end(&begun);
    let_go(&out, fds[1]);
    ck_assert_int_eq(close(fds[1]), 0);
    kernel_end();
}
END_TEST

START_TEST(it_is_registered_as_it_is)
{
    mio_inherited in;
    mio_event event;
    mio_poll *poll;
    int fds[2];

    pair_open(_i, fds);
    in = inherit(fds[0]);
    ck_assert_int_eq(mio_poll_new(NULL, &poll), 0);
    ck_assert_int_eq(mio_poll_register(poll, in.fd, 7, MIO_READABLE, MIO_LEVEL), 0);
    ck_assert_int_eq(mio_poll_wait(poll, &event, 1, 0), 0);
    ck_assert_int_eq(close(fds[1]), 0);
    ck_assert_int_eq(mio_poll_wait(poll, &event, 1, source_soon_ns), 1);
    ck_assert_uint_ne(event.ready & MIO_READABLE, 0);
    ck_assert_int_eq(mio_poll_deregister(poll, in.fd), 0);
    mio_poll_free(poll);
    let_go(&in, fds[0]);
    ck_assert_int_eq(close(fds[0]), 0);
}
END_TEST

/* ----------------------------------------------------------- files, devices */

static void expect_never_polled(const mio_inherited *inherited)
{
    mio_poll *poll;

    ck_assert_int_eq(mio_poll_new(NULL, &poll), 0);
    ck_assert_int_eq(mio_poll_register(poll, inherited->fd, 7, MIO_READABLE, MIO_LEVEL),
                     -EPERM);
    mio_poll_free(poll);
}

/* The place in the file is shared, as it should be: what follows reads and writes there. */
START_TEST(files_are_always_ready)
{
    enum { SIZE = 100000 };
    static char bytes[SIZE];
    FILE *file = tmpfile();
    const int fd = fileno(file);
    mio_inherited inherited;

    kernel_begin(_i);
    inherited = inherit(fd);
    ck_assert_int_eq(mio_inherited_write(&inherited, bytes, SIZE), SIZE);
    ck_assert_int_eq((int)write(fd, "end", 3), 3);
    ck_assert_int_eq((int)lseek(fd, 0, SEEK_SET), 0);
    ck_assert_int_eq(mio_inherited_read(&inherited, bytes, SIZE), SIZE);
    ck_assert_int_eq(mio_inherited_read(&inherited, bytes, SIZE), 3);
    ck_assert_mem_eq(bytes, "end", 3);
    ck_assert_int_eq(mio_inherited_read(&inherited, bytes, SIZE), 0);
    expect_never_polled(&inherited);
    let_go(&inherited, fd);
    fclose(file);
    kernel_end();
}
END_TEST

START_TEST(devices_without_waiting)
{
    const int fd = open("/dev/null", O_RDWR);
    mio_inherited inherited;
    char byte;

    kernel_begin(_i);
    inherited = inherit(fd);
    ck_assert_int_eq(mio_inherited_read(&inherited, &byte, 1), 0);
    ck_assert_int_eq(mio_inherited_write(&inherited, "x", 1), 1);
    expect_never_polled(&inherited);
    let_go(&inherited, fd);
    ck_assert_int_eq(close(fd), 0);
    kernel_end();
}
END_TEST

/* --------------------------------------------------------------- terminals */

typedef struct terminal {
    int master;
    int fd;
} terminal;

static terminal terminal_open(void)
{
    terminal opened = {.master = posix_openpt(O_RDWR | O_NOCTTY)};
    struct termios plain;
    char name[64];

    ck_assert_int_ge(opened.master, 0);
    ck_assert_int_eq(grantpt(opened.master), 0);
    ck_assert_int_eq(unlockpt(opened.master), 0);
    ck_assert_int_eq(ptsname_r(opened.master, name, sizeof name), 0);
    opened.fd = open(name, O_RDWR | O_NOCTTY);
    ck_assert_int_ge(opened.fd, 0);
    ck_assert_int_eq(tcgetattr(opened.fd, &plain), 0);
    plain.c_lflag &= ~(tcflag_t)ECHO;
    plain.c_oflag &= ~(tcflag_t)OPOST;
    ck_assert_int_eq(tcsetattr(opened.fd, TCSANOW, &plain), 0);
    return opened;
}

static void terminal_close(const terminal *opened)
{
    ck_assert_int_eq(close(opened->fd), 0);
    ck_assert_int_eq(close(opened->master), 0);
}

static void terminal_await(int fd)
{
    mio_event event;
    mio_poll *poll;

    ck_assert_int_eq(mio_poll_new(NULL, &poll), 0);
    ck_assert_int_eq(mio_poll_register(poll, fd, 1, MIO_READABLE, MIO_LEVEL), 0);
    ck_assert_int_eq(mio_poll_wait(poll, &event, 1, source_soon_ns), 1);
    mio_poll_free(poll);
}

/* Opened once more, and where that is refused. */
START_TEST(a_terminal_gives_lines)
{
    const terminal opened = terminal_open();
    mio_inherited inherited;
    char line[64];

    fault_arm("open", EACCES, 0, _i);
    inherited = inherit(opened.fd);
    ck_assert_int_eq(fault_disarm(), _i);
    ck_assert_int_eq(inherited.may_wait, _i);
    ck_assert_int_eq(mio_inherited_read(&inherited, line, sizeof line), -EAGAIN);
    ck_assert_int_eq((int)write(opened.master, "hello", 5), 5);
    ck_assert_int_eq(mio_inherited_read(&inherited, line, sizeof line), -EAGAIN);
    ck_assert_int_eq((int)write(opened.master, "\n", 1), 1);
    terminal_await(inherited.fd);
    ck_assert_int_eq(mio_inherited_read(&inherited, line, sizeof line), 6);
    ck_assert_mem_eq(line, "hello\n", 6);
    ck_assert_int_eq(mio_inherited_write(&inherited, "answer", 6), 6);
    ck_assert_int_eq((int)read(opened.master, line, sizeof line), 6);
    let_go(&inherited, opened.fd);
    terminal_close(&opened);
}
END_TEST

START_TEST(a_terminal_that_nobody_reads_is_not_waited_for)
{
    static char bytes[100000];
    const terminal opened = terminal_open();
    mio_inherited inherited = inherit(opened.fd);
    ptrdiff_t count;

    do
        count = mio_inherited_write(&inherited, bytes, sizeof bytes);
    while (count > 0);
    ck_assert_int_eq(count, -EAGAIN);
    let_go(&inherited, opened.fd);
    terminal_close(&opened);
}
END_TEST

/* Opening that once more would make another terminal. */
START_TEST(the_other_side_of_a_terminal_is_the_same_one)
{
    const terminal opened = terminal_open();
    mio_inherited inherited = inherit(opened.master);
    char line[64];

    ck_assert(inherited.may_wait);
    ck_assert_int_eq(mio_inherited_read(&inherited, line, sizeof line), -EAGAIN);
    ck_assert_int_eq((int)write(opened.fd, "hello", 5), 5);
    terminal_await(inherited.fd);
    ck_assert_int_eq(mio_inherited_read(&inherited, line, sizeof line), 5);
    let_go(&inherited, opened.master);
    terminal_close(&opened);
}
END_TEST

/* ------------------------------------------------------------------ refusals */

START_TEST(what_cannot_be_inherited)
{
    mio_inherited inherited = {.fd = -4711};
    struct rlimit before, none;
    char byte;
    int fds[2];

    pair_open(PAIR_PIPE, fds);
    ck_assert_int_eq(mio_inherited_open(fds[0], NULL), -EINVAL);
    ck_assert_int_eq(mio_inherited_open(-1, &inherited), -EBADF);
    ck_assert_int_eq(fcntl(fds[1], F_SETFD, FD_CLOEXEC), 0);
    ck_assert_int_eq(mio_inherited_open(fds[1], &inherited), -EBADF);
    ck_assert_int_eq(fcntl(fds[1], F_SETFD, 0), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){.rlim_cur = (rlim_t)fds[1] + 1, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    ck_assert_int_eq(mio_inherited_open(fds[0], &inherited), -EMFILE);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_int_eq(inherited.fd, -4711);

    kernel_begin(_i);
    inherited = inherit(fds[0]);
    ck_assert_int_eq(mio_inherited_write(&inherited, "x", 1), -EBADF);
    let_go(&inherited, fds[0]);
    inherited = inherit(fds[1]);
    ck_assert_int_eq(mio_inherited_read(&inherited, &byte, 1), -EBADF);
    let_go(&inherited, fds[1]);
    ck_assert_int_eq(mio_inherited_read(&inherited, &byte, 1), -EBADF);
    ck_assert_int_eq(mio_inherited_write(&inherited, "x", 1), -EBADF);
    ck_assert_int_eq(mio_inherited_close(&inherited), -EBADF);
    kernel_end();
    source_close(fds);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("sys/inherited");
    TCase *tcase = harness_case(suite, "pipes and sockets");

    tcase_add_loop_test(tcase, reading_does_not_wait, 0, WAYS);
    tcase_add_loop_test(tcase, writing_does_not_wait, 0, WAYS);
    tcase_add_loop_test(tcase, nobody_reads_any_more, 0, WAYS);
    tcase_add_loop_test(tcase, it_is_registered_as_it_is, 0, PAIR_KINDS);

    tcase = harness_case(suite, "files and devices");
    tcase_add_loop_test(tcase, files_are_always_ready, 0, KNOWN_WAYS);
    tcase_add_loop_test(tcase, devices_without_waiting, 0, KNOWN_WAYS);

    tcase = harness_case(suite, "terminals");
    tcase_add_loop_test(tcase, a_terminal_gives_lines, 0, 2);
    tcase_add_test(tcase, a_terminal_that_nobody_reads_is_not_waited_for);
    tcase_add_test(tcase, the_other_side_of_a_terminal_is_the_same_one);

    tcase = harness_case(suite, "refusals");
    tcase_add_loop_test(tcase, what_cannot_be_inherited, 0, KNOWN_WAYS);
    return suite;
}
