/* wraps: pipe2 pwritev64v2 writev */
#include "mio/pipe.h"

#include "broken_pipes.h"
#include "faults.h"
#include "mio/poll.h"
#include "mio/socket.h"
#include "sources.h"

#include <limits.h>
#include <stdlib.h>

/* The state of a random sequence of faults in writes; 0 for none. */
static uint64_t chaos;

static bool chaos_strikes(void)
{
    if (chaos == 0 || harness_random(&chaos) % 2 == 0)
        return false;
    errno = harness_random(&chaos) % 3 == 0 ? EAGAIN : EINTR;
    return true;
}

static int refused_writes; /* pwritev2() that was told not to raise the signal */

#ifdef MIO__HAVE_PWRITEV2
ssize_t __real_pwritev64v2(int fd, const struct iovec *buffers, int count, off_t offset,
                           int flags);
ssize_t __wrap_pwritev64v2(int fd, const struct iovec *buffers, int count, off_t offset,
                           int flags);
ssize_t __wrap_pwritev64v2(int fd, const struct iovec *buffers, int count, off_t offset,
                           int flags)
{
    if (chaos_strikes())
        return -1;
    if (!fault_strikes("pwritev64v2"))
        return __real_pwritev64v2(fd, buffers, count, offset, flags);
    refused_writes++;
    return -1;
}
#endif

ssize_t __real_writev(int fd, const struct iovec *buffers, int count);
ssize_t __wrap_writev(int fd, const struct iovec *buffers, int count);
ssize_t __wrap_writev(int fd, const struct iovec *buffers, int count)
{
    return chaos_strikes() || fault_strikes("writev") ? -1 : __real_writev(fd, buffers, count);
}

WRAP(int, pipe2, (int fds[2], int flags), (fds, flags))

/* What kernels and sandboxes say that cannot be told; first one that can, if this one is. */
static const int refusals[] = {0, EOPNOTSUPP, ENOSYS, EPERM};

enum { REFUSALS = sizeof refusals / sizeof refusals[0] };

static void refuse(int refusal)
{
    if (refusals[refusal] != 0)
        fault_arm("pwritev64v2", refusals[refusal], 0, INT_MAX);
}

static void pipe_open(mio_fd fds[2])
{
    ck_assert_int_eq(mio_pipe(fds), 0);
}

static void check_read(mio_fd fd, const char *expected)
{
    char buffer[64];

    ck_assert_int_eq(mio_read(fd, buffer, sizeof buffer), (ptrdiff_t)strlen(expected));
    ck_assert_mem_eq(buffer, expected, strlen(expected));
}

START_TEST(both_ends_are_like_all_descriptors)
{
    mio_fd fds[2];

    pipe_open(fds);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_ne(fcntl(fds[i], F_GETFL) & O_NONBLOCK, 0);
        ck_assert_int_ne(fcntl(fds[i], F_GETFD) & FD_CLOEXEC, 0);
    }
    source_close(fds);
    ck_assert_int_eq(mio_pipe(NULL), -EINVAL);
}
END_TEST

START_TEST(bytes_go_one_way)
{
    char one[] = "one ", two[] = "two";
    const struct iovec vectors[] = {{one, 4}, {NULL, 0}, {two, 3}};
    char buffer[8];
    mio_fd fds[2];

    refuse(_i);
    pipe_open(fds);
    ck_assert_int_eq(mio_read(fds[0], buffer, sizeof buffer), -EAGAIN);
    ck_assert_int_eq(mio_pipe_write(fds[1], "hello", 5), 5);
    check_read(fds[0], "hello");
    ck_assert_int_eq(mio_pipe_writev(fds[1], vectors, 3), 7);
    check_read(fds[0], "one two");
    ck_assert_int_eq(mio_read(fds[0], buffer, sizeof buffer), -EAGAIN);
    ck_assert_int_eq(mio_pipe_write(fds[1], "last", 4), 4);
    ck_assert_int_eq(mio_close(fds[1]), 0);
    check_read(fds[0], "last");
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(mio_read(fds[0], buffer, sizeof buffer), 0);
    ck_assert_int_eq(mio_close(fds[0]), 0);
    fault_disarm();
}
END_TEST

START_TEST(sizes_of_nothing)
{
    char buffer[8];
    const struct iovec nothing = {buffer, 0};
    mio_fd fds[2];

    refuse(_i);
    pipe_open(fds);
    ck_assert_int_eq(mio_pipe_write(fds[1], "", 0), 0);
    ck_assert_int_eq(mio_pipe_writev(fds[1], NULL, 0), 0);
    ck_assert_int_eq(mio_pipe_writev(fds[1], &nothing, 1), 0);
    ck_assert_int_eq(mio_read(fds[0], buffer, sizeof buffer), -EAGAIN);
    source_close(fds);
    fault_disarm();
}
END_TEST

START_TEST(small_writes_are_whole_or_not_at_all)
{
    static char bytes[PIPE_BUF];
    ptrdiff_t count;
    size_t total = 0;
    mio_fd fds[2];

    refuse(_i);
    pipe_open(fds);
    while ((count = mio_pipe_write(fds[1], bytes, 3000)) > 0)
        total += (size_t)count;
    ck_assert_int_eq(count, -EAGAIN);
    ck_assert_uint_eq(total % 3000, 0);
    ck_assert_uint_eq(source_drain(fds[0]), total);
    ck_assert_int_eq(mio_pipe_write(fds[1], bytes, sizeof bytes), sizeof bytes);
    source_close(fds);
    fault_disarm();
}
END_TEST

START_TEST(more_than_it_holds_is_a_short_count)
{
    enum { SIZE = 1 << 22 };
    char *bytes = calloc(1, SIZE);
    ptrdiff_t count;
    mio_fd fds[2];

    refuse(_i);
    pipe_open(fds);
    count = mio_pipe_write(fds[1], bytes, SIZE);
    ck_assert(count > 0 && count < SIZE);
    ck_assert_int_eq(mio_pipe_write(fds[1], bytes, SIZE), -EAGAIN);
    ck_assert_uint_eq(source_drain(fds[0]), (size_t)count);
    source_close(fds);
    free(bytes);
    fault_disarm();
}
END_TEST

START_TEST(more_vectors_than_the_kernel_takes)
{
    enum { COUNT = IOV_MAX + 5 };
    static char bytes[COUNT];
    static struct iovec vectors[COUNT];
    mio_fd fds[2];

    refuse(_i);
    pipe_open(fds);
    for (size_t i = 0; i < COUNT; i++)
        vectors[i] = (struct iovec){&bytes[i], 1};
    ck_assert_int_eq(mio_pipe_writev(fds[1], vectors, COUNT), IOV_MAX);
    ck_assert_int_eq(mio_pipe_writev(fds[1], vectors, SIZE_MAX), IOV_MAX);
    ck_assert_int_eq(mio_readv(fds[0], vectors, COUNT), IOV_MAX);
    source_close(fds);
    fault_disarm();
}
END_TEST

static unsigned char byte_at(size_t position)
{
    return (unsigned char)((position * 2654435761u) >> 13);
}

static bool bytes_match(const unsigned char *bytes, size_t position, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != byte_at(position + i))
            return false;
    }
    return true;
}

/* Whatever the calls give, each byte goes once and in order. */
START_TEST(a_stream_under_faults)
{
    enum { TRANSFER = 1 << 20 };
    unsigned char out[700], in[1024];
    size_t written = 0, done = 0;
    mio_fd fds[2];

    pipe_open(fds);
    chaos = 7;
    refuse(_i);
    while (done < TRANSFER) {
        const size_t size = TRANSFER - written < sizeof out ? TRANSFER - written : sizeof out;
        ptrdiff_t count;

        for (size_t i = 0; i < size; i++)
            out[i] = byte_at(written + i);
        count = mio_pipe_write(fds[1], out, size);
        ck_assert(count >= 0 || count == -EAGAIN);
        written += count > 0 ? (size_t)count : 0;
        count = mio_read(fds[0], in, sizeof in);
        ck_assert(count > 0 || count == -EAGAIN);
        ck_assert(count < 0 || bytes_match(in, done, (size_t)count));
        done += count > 0 ? (size_t)count : 0;
    }
    chaos = 0;
    fault_disarm();
    source_close(fds);
}
END_TEST

/* -------------------------------------------------------------- nobody reads */

START_TEST(nobody_reads_any_more)
{
    const struct iovec vector = {(void *)(uintptr_t) "x", 1};
    broken_pipe begun;
    mio_fd fds[2];

    pipe_open(fds);
    ck_assert_int_eq(mio_pipe_write(fds[1], "unread", 6), 6);
    ck_assert_int_eq(mio_close(fds[0]), 0);
    refuse(_i / BROKEN_PIPE_WAYS);
    begun = broken_pipe_begin(_i % BROKEN_PIPE_WAYS);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(mio_pipe_write(fds[1], "x", 1), -EPIPE);
        ck_assert_int_eq(mio_pipe_writev(fds[1], &vector, 1), -EPIPE);
    }
    broken_pipe_end(&begun);
    fault_disarm();
    ck_assert_int_eq(mio_close(fds[1]), 0);
}
END_TEST

/* What writes as it should leaves the thread alone, too. */
START_TEST(somebody_reads)
{
    broken_pipe begun;
    mio_fd fds[2];

    pipe_open(fds);
    refuse(_i / BROKEN_PIPE_WAYS);
    begun = broken_pipe_begin(_i % BROKEN_PIPE_WAYS);
    ck_assert_int_eq(mio_pipe_write(fds[1], "x", 1), 1);
    broken_pipe_end(&begun);
    fault_disarm();
    source_close(fds);
}
END_TEST

/* A pipe's refusal is asked for once, that of another file each time. */
START_TEST(a_refusal_is_remembered)
{
    mio_fd fds[2], file = open("/dev/null", O_WRONLY | O_CLOEXEC);

    ck_assert_int_ge(file, 0);
    pipe_open(fds);
    refused_writes = 0;
    fault_arm("pwritev64v2", EOPNOTSUPP, 0, INT_MAX);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(mio_pipe_write(file, "x", 1), 1);
    ck_assert(refused_writes == 3 || refused_writes == 0); /* 0: another test was here before */
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(mio_pipe_write(fds[1], "x", 1), 1);
    ck_assert(refused_writes == 4 || refused_writes == 0);
    fault_disarm();
    source_close(fds);
    ck_assert_int_eq(mio_close(file), 0);
}
END_TEST

/* ---------------------------------------------------------------- other kinds */

START_TEST(sockets_and_files_can_be_written)
{
    broken_pipe begun;
    mio_fd fds[2], file = open("/dev/full", O_WRONLY | O_CLOEXEC);

    refuse(_i);
    ck_assert_int_eq(mio_socketpair(MIO_STREAM, fds), 0);
    ck_assert_int_eq(mio_pipe_write(fds[0], "socket", 6), 6);
    check_read(fds[1], "socket");
    ck_assert_int_eq(mio_close(fds[1]), 0);
    begun = broken_pipe_begin(BROKEN_PIPE_STANDARD);
    ck_assert_int_eq(mio_pipe_write(fds[0], "x", 1), -EPIPE);
    broken_pipe_end(&begun);
    ck_assert_int_eq(mio_close(fds[0]), 0);
    ck_assert_int_eq(mio_pipe_write(file, "x", 1), -ENOSPC);
    ck_assert_int_eq(mio_close(file), 0);
    fault_disarm();
}
END_TEST

START_TEST(what_cannot_be_written)
{
    struct iovec vector = {NULL, 8};
    mio_fd fds[2];

    refuse(_i);
    pipe_open(fds);
    ck_assert_int_eq(mio_pipe_write(-1, "x", 1), -EBADF);
    ck_assert_int_eq(mio_pipe_writev(-1, &vector, 1), -EBADF);
    ck_assert_int_eq(mio_pipe_write(fds[0], "x", 1), -EBADF);
    source_close(fds);
    fault_disarm();
}
END_TEST

START_TEST(memory_that_is_not_there)
{
    struct iovec vector = {NULL, 8};
    mio_fd fds[2];

    refuse(_i);
    pipe_open(fds);
    ck_assert_int_eq(mio_pipe_write(fds[1], NULL, 8), -EFAULT);
    ck_assert_int_eq(mio_pipe_writev(fds[1], &vector, 1), -EFAULT);
    ck_assert_int_eq(mio_pipe_writev(fds[1], NULL, 1), -EFAULT);
    source_close(fds);
    fault_disarm();
}
END_TEST

/* -------------------------------------------------------------------- events */

static void expect_event(mio_fd fd, mio_interest interest, unsigned ready, unsigned besides)
{
    mio_event event;
    mio_poll *poll;

    ck_assert_int_eq(mio_poll_new(NULL, &poll), 0);
    ck_assert_int_eq(mio_poll_register(poll, fd, 7, interest, MIO_LEVEL), 0);
    ck_assert_int_eq(mio_poll_wait(poll, &event, 1, source_soon_ns), 1);
    ck_assert_uint_eq(event.token, 7);
    ck_assert_uint_eq(event.ready & ready, ready);
    ck_assert_uint_eq(event.ready & ~(ready | besides), 0);
    mio_poll_free(poll);
}

enum { HUNG_UP = MIO_READABLE | MIO_WRITABLE | MIO_ERROR | MIO_READ_CLOSED | MIO_WRITE_CLOSED };

/* The kernel reports a hang-up alone, and an error alone: see facts of the selector. */
START_TEST(each_end_hears_of_the_other)
{
    mio_fd fds[2];

    pipe_open(fds);
    expect_event(fds[1], MIO_WRITABLE, MIO_WRITABLE, 0);
    ck_assert_int_eq(mio_pipe_write(fds[1], "x", 1), 1);
    expect_event(fds[0], MIO_READABLE, MIO_READABLE, 0);
    check_read(fds[0], "x");
    ck_assert_int_eq(mio_close(fds[1]), 0);
    expect_event(fds[0], MIO_READABLE, MIO_READABLE | MIO_READ_CLOSED, HUNG_UP);
    ck_assert_int_eq(mio_close(fds[0]), 0);

    pipe_open(fds);
    source_fill(fds[1]);
    ck_assert_int_eq(mio_close(fds[0]), 0);
    expect_event(fds[1], MIO_WRITABLE, MIO_WRITABLE | MIO_WRITE_CLOSED, HUNG_UP);
    ck_assert_int_eq(mio_close(fds[1]), 0);
}
END_TEST

static int open_and_close(void)
{
    mio_fd fds[2] = {-2, -2};
    const int err = mio_pipe(fds);

    if (err == 0)
        source_close(fds);
    else
        ck_assert(fds[0] == -2 && fds[1] == -2);
    return err;
}

START_TEST(opening_fails_and_leaves_nothing)
{
    static const int errors[] = {EMFILE, ENFILE, ENOMEM, 0};

    fault_check_each(open_and_close, "pipe2", errors);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("sys/pipe");
    TCase *tcase = harness_case(suite, "bytes");

    tcase_add_test(tcase, a_refusal_is_remembered);
    tcase_add_test(tcase, both_ends_are_like_all_descriptors);
    tcase_add_loop_test(tcase, bytes_go_one_way, 0, REFUSALS);
    tcase_add_loop_test(tcase, sizes_of_nothing, 0, REFUSALS);
    tcase_add_loop_test(tcase, small_writes_are_whole_or_not_at_all, 0, REFUSALS);
    tcase_add_loop_test(tcase, more_than_it_holds_is_a_short_count, 0, REFUSALS);
    tcase_add_loop_test(tcase, more_vectors_than_the_kernel_takes, 0, REFUSALS);
    tcase_add_loop_test(tcase, a_stream_under_faults, 0, REFUSALS);

    tcase = harness_case(suite, "the end");
    tcase_add_loop_test(tcase, nobody_reads_any_more, 0, REFUSALS * BROKEN_PIPE_WAYS);
    tcase_add_loop_test(tcase, somebody_reads, 0, REFUSALS * BROKEN_PIPE_WAYS);
    tcase_add_test(tcase, each_end_hears_of_the_other);

    tcase = harness_case(suite, "other kinds, and none");
    tcase_add_loop_test(tcase, sockets_and_files_can_be_written, 0, REFUSALS);
    tcase_add_loop_test(tcase, what_cannot_be_written, 0, REFUSALS);
    if (!harness_in_valgrind()) /* it would complain, rightly */
        tcase_add_loop_test(tcase, memory_that_is_not_there, 0, REFUSALS);
    tcase_add_test(tcase, opening_fails_and_leaves_nothing);
    return suite;
}
