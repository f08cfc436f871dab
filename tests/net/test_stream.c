#include "loopback.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TRANSFER = 16 << 20, CHUNK = 1024 };

/* The byte at a position of an endless sequence without short periods. */
static unsigned char byte_at(size_t position)
{
    return (unsigned char)((position * 2654435761u) >> 13);
}

static void bytes_fill(unsigned char *bytes, size_t position, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_at(position + i);
}

static bool bytes_match(const unsigned char *bytes, size_t position, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != byte_at(position + i))
            return false;
    }
    return true;
}

static void write_all(mio_fd fd, const char *text)
{
    ck_assert_int_eq(mio_write(fd, text, strlen(text)), (ptrdiff_t)strlen(text));
}

/* Wait, read at most once, and compare. */
static void check_read(mio_fd fd, const char *expected)
{
    char buffer[64];
    ptrdiff_t count;

    loopback_wait(fd, POLLIN);
    count = mio_read(fd, buffer, sizeof buffer);
    ck_assert_int_eq(count, (ptrdiff_t)strlen(expected));
    ck_assert_mem_eq(buffer, expected, strlen(expected));
}

static void check_end(mio_fd fd)
{
    char buffer[64];

    loopback_wait(fd, POLLIN);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(mio_read(fd, buffer, sizeof buffer), 0);
}

START_TEST(read_and_write)
{
    char buffer[8];
    mio_fd fds[2];

    loopback_pair(loopback_family(_i), fds);
    ck_assert_int_eq(mio_read(fds[0], buffer, sizeof buffer), -EAGAIN);
    ck_assert_int_eq(mio_peek(fds[0], buffer, sizeof buffer), -EAGAIN);
    write_all(fds[0], "ping");
    check_read(fds[1], "ping");
    write_all(fds[1], "pong");
    check_read(fds[0], "pong");
    write_all(fds[0], "in parts");
    loopback_wait(fds[1], POLLIN);
    ck_assert_int_eq(mio_read(fds[1], buffer, 3), 3);
    ck_assert_mem_eq(buffer, "in ", 3);
    check_read(fds[1], "parts");
    ck_assert_int_eq(mio_read(fds[1], buffer, sizeof buffer), -EAGAIN);
    loopback_close(fds);
}
END_TEST

START_TEST(sizes_of_nothing)
{
    char buffer[8];
    struct iovec nothing = {buffer, 0};
    mio_fd fds[2];

    loopback_pair(loopback_family(_i), fds);
    ck_assert_int_eq(mio_write(fds[0], "", 0), 0);
    ck_assert_int_eq(mio_writev(fds[0], NULL, 0), 0);
    ck_assert_int_eq(mio_writev(fds[0], &nothing, 1), 0);
    ck_assert_int_eq(mio_read(fds[1], buffer, sizeof buffer), -EAGAIN);
    write_all(fds[0], "x");
    loopback_wait(fds[1], POLLIN);
    ck_assert_int_eq(mio_read(fds[1], buffer, 0), -EINVAL);
    ck_assert_int_eq(mio_peek(fds[1], buffer, 0), -EINVAL);
    ck_assert_int_eq(mio_readv(fds[1], NULL, 0), -EINVAL);
    ck_assert_int_eq(mio_readv(fds[1], &nothing, 1), 0);
    check_read(fds[1], "x");
    loopback_close(fds);
}
END_TEST

START_TEST(peek_leaves_the_bytes)
{
    char buffer[8] = "";
    mio_fd fds[2];

    loopback_pair(loopback_family(_i), fds);
    write_all(fds[0], "look");
    loopback_wait(fds[1], POLLIN);
    ck_assert_int_eq(mio_peek(fds[1], buffer, 2), 2);
    ck_assert_str_eq(buffer, "lo");
    ck_assert_int_eq(mio_peek(fds[1], buffer, sizeof buffer), 4);
    ck_assert_str_eq(buffer, "look");
    check_read(fds[1], "look");
    ck_assert_int_eq(mio_close(fds[0]), 0);
    loopback_wait(fds[1], POLLIN);
    ck_assert_int_eq(mio_peek(fds[1], buffer, sizeof buffer), 0);
    ck_assert_int_eq(mio_close(fds[1]), 0);
}
END_TEST

/* ------------------------------------------------------------------- transfer */

/* Write from `position` on until the kernel takes no more; return the new position. */
static size_t transfer_write(mio_fd fd, size_t position)
{
    unsigned char chunk[CHUNK];
    ptrdiff_t count = 0;

    while (position < TRANSFER && count >= 0) {
        const size_t left = TRANSFER - position;
        const size_t size = left < sizeof chunk ? left : sizeof chunk;

        bytes_fill(chunk, position, size);
        count = mio_write(fd, chunk, size);
        ck_assert(count > 0 || count == -EAGAIN);
        position += count > 0 ? (size_t)count : 0;
    }
    return position;
}

/* Read and compare until nothing is left for now; return the new position. */
static size_t transfer_read(mio_fd fd, size_t position)
{
    unsigned char chunk[CHUNK];
    ptrdiff_t count = 0;

    while (position < TRANSFER && count >= 0) {
        count = mio_read(fd, chunk, sizeof chunk);
        ck_assert(count > 0 || count == -EAGAIN);
        if (count > 0) {
            ck_assert(bytes_match(chunk, position, (size_t)count));
            position += (size_t)count;
        }
    }
    return position;
}

START_TEST(sixteen_mebibytes_through_a_kibibyte)
{
    size_t written = 0, done = 0;
    mio_fd fds[2];

    loopback_pair(loopback_family(_i), fds);
    while (done < TRANSFER) {
        written = transfer_write(fds[0], written);
        loopback_wait(fds[1], POLLIN);
        done = transfer_read(fds[1], done);
    }
    ck_assert_uint_eq(written, TRANSFER);
    loopback_close(fds);
}
END_TEST

/* ------------------------------------------------------------------- vectors */

enum { VECTOR_BYTES = 3 << 20, VECTOR_MAX = 9 };

/* Cut up to `size` bytes at `bytes` into pieces of odd sizes, none of them, some empty. */
static size_t vectors_cut(struct iovec *vectors, unsigned char *bytes, size_t size,
                          uint64_t *state)
{
    const size_t count = harness_random_size(state, VECTOR_MAX) + 1;

    for (size_t i = 0; i < count; i++) {
        size_t piece =
            harness_random_size(state, 5) == 0 ? 0 : harness_random_size(state, 4001) | 1;

        if (piece > size || i + 1 == count)
            piece = size < 8191 ? size : 8191;
        vectors[i] = (struct iovec){bytes, piece};
        bytes += piece;
        size -= piece;
    }
    return count;
}

START_TEST(vectors_of_odd_sizes)
{
    unsigned char *sent = malloc(VECTOR_BYTES), *received = malloc(VECTOR_BYTES);
    size_t written = 0, done = 0;
    uint64_t state = 5;
    mio_fd fds[2];

    bytes_fill(sent, 0, VECTOR_BYTES);
    loopback_pair(loopback_family(_i), fds);
    while (done < VECTOR_BYTES) {
        struct iovec vectors[VECTOR_MAX];
        size_t count = vectors_cut(vectors, sent + written, VECTOR_BYTES - written, &state);
        ptrdiff_t result = mio_writev(fds[0], vectors, count);

        ck_assert(result >= 0 || result == -EAGAIN);
        written += result > 0 ? (size_t)result : 0;
        count = vectors_cut(vectors, received + done, VECTOR_BYTES - done, &state);
        result = mio_readv(fds[1], vectors, count);
        ck_assert(result > 0 || result == -EAGAIN);
        done += result > 0 ? (size_t)result : 0;
    }
    ck_assert_uint_eq(done, VECTOR_BYTES);
    ck_assert(bytes_match(received, 0, VECTOR_BYTES));
    loopback_close(fds);
    free(sent);
    free(received);
}
END_TEST

START_TEST(more_vectors_than_the_kernel_takes)
{
    enum { COUNT = IOV_MAX + 5 };
    static char bytes[COUNT];
    static struct iovec vectors[COUNT];
    mio_fd fds[2];

    loopback_pair(loopback_family(_i), fds);
    for (size_t i = 0; i < COUNT; i++)
        vectors[i] = (struct iovec){&bytes[i], 1};
    ck_assert_int_eq(mio_writev(fds[0], vectors, COUNT), IOV_MAX);
    ck_assert_int_eq(mio_writev(fds[0], vectors, COUNT), IOV_MAX);
    loopback_wait(fds[1], POLLIN);
    ck_assert_int_eq(mio_readv(fds[1], vectors, COUNT), IOV_MAX);
    ck_assert_int_eq(mio_readv(fds[1], vectors, SIZE_MAX), IOV_MAX);
    loopback_close(fds);
}
END_TEST

/* ------------------------------------------------------------------- the end */

START_TEST(half_close)
{
    mio_fd fds[2];

    loopback_pair(loopback_family(_i), fds);
    write_all(fds[0], "last");
    ck_assert_int_eq(mio_shutdown(fds[0], MIO_SHUTDOWN_WRITE), 0);
    ck_assert_int_eq(mio_write(fds[0], "x", 1), -EPIPE);
    check_read(fds[1], "last");
    check_end(fds[1]);
    write_all(fds[1], "answer"); /* the other direction is as it was */
    check_read(fds[0], "answer");
    loopback_close(fds);
}
END_TEST

START_TEST(shutdown_of_reading)
{
    mio_fd fds[2];

    loopback_pair(loopback_family(_i), fds);
    ck_assert_int_eq(mio_shutdown(fds[1], MIO_SHUTDOWN_READ), 0);
    check_end(fds[1]);
    write_all(fds[1], "still");
    check_read(fds[0], "still");
    loopback_close(fds);
}
END_TEST

START_TEST(shutdown_of_both)
{
    mio_fd fds[2];

    loopback_pair(loopback_family(_i), fds);
    ck_assert_int_eq(mio_shutdown(fds[0], MIO_SHUTDOWN_BOTH), 0);
    check_end(fds[0]);
    check_end(fds[1]);
    ck_assert_int_eq(mio_write(fds[0], "x", 1), -EPIPE);
    ck_assert_int_eq(mio_shutdown(fds[1], (mio_shutdown_how)3), -EINVAL);
    ck_assert_int_eq(mio_shutdown(fds[1], (mio_shutdown_how)-1), -EINVAL);
    loopback_close(fds);
}
END_TEST

START_TEST(what_was_written_before_close_is_delivered)
{
    unsigned char sent[5000], received[5000];
    size_t done = 0;
    mio_fd fds[2];

    bytes_fill(sent, 0, sizeof sent);
    loopback_pair(loopback_family(_i), fds);
    ck_assert_int_eq(mio_write(fds[0], sent, sizeof sent), sizeof sent);
    ck_assert_int_eq(mio_close(fds[0]), 0);
    while (done < sizeof received) {
        ptrdiff_t count;

        loopback_wait(fds[1], POLLIN);
        count = mio_read(fds[1], received + done, sizeof received - done);
        ck_assert_int_gt(count, 0);
        done += (size_t)count;
    }
    ck_assert(bytes_match(received, 0, sizeof received));
    check_end(fds[1]);
    ck_assert_int_eq(mio_close(fds[1]), 0);
}
END_TEST

/* Close with a reset. */
static void reset(mio_fd fd)
{
    ck_assert_int_eq(mio_socket_set(fd, MIO_OPT_LINGER, 0), 0);
    ck_assert_int_eq(mio_close(fd), 0);
}

START_TEST(a_reset_is_one_error_then_the_end)
{
    char buffer[8];
    mio_fd fds[2];

    loopback_pair(loopback_family(_i), fds);
    reset(fds[0]);
    ck_assert_int_ne(loopback_wait(fds[1], POLLIN) & (POLLERR | POLLHUP), 0);
    ck_assert_int_eq(mio_read(fds[1], buffer, sizeof buffer), -ECONNRESET);
    ck_assert_int_eq(mio_read(fds[1], buffer, sizeof buffer), 0);
    ck_assert_int_eq(mio_write(fds[1], "x", 1), -EPIPE);
    ck_assert_int_eq(mio_shutdown(fds[1], MIO_SHUTDOWN_WRITE), -ENOTCONN);
    ck_assert_int_eq(mio_close(fds[1]), 0);
}
END_TEST

START_TEST(a_reset_by_unread_bytes)
{
    char buffer[8];
    mio_fd fds[2];

    loopback_pair(loopback_family(_i), fds);
    write_all(fds[1], "nobody reads this");
    loopback_wait(fds[0], POLLIN);
    ck_assert_int_eq(mio_close(fds[0]), 0);
    loopback_wait(fds[1], POLLIN);
    ck_assert_int_eq(mio_read(fds[1], buffer, sizeof buffer), -ECONNRESET);
    ck_assert_int_eq(mio_close(fds[1]), 0);
}
END_TEST

static volatile sig_atomic_t broken_pipes;

static void count_broken_pipe(int number)
{
    (void)number;
    broken_pipes++;
}

/* Write, in both ways, until the error has come and been told. */
static void write_to_nobody(mio_fd fd)
{
    const struct iovec vector = {(void *)(uintptr_t) "x", 1};
    ptrdiff_t result = 0;

    for (int i = 0; i < 5; i++) {
        result = mio_write(fd, "x", 1);
        ck_assert(result == 1 || result == -EPIPE || result == -ECONNRESET);
        result = mio_writev(fd, &vector, 1);
        ck_assert(result == 1 || result == -EPIPE || result == -ECONNRESET);
        poll(NULL, 0, 5);
    }
    ck_assert_int_eq(result, -EPIPE);
}

START_TEST(no_signal_comes_when_nobody_reads)
{
    struct sigaction before, count = {.sa_handler = count_broken_pipe};
    mio_fd fds[2];

    broken_pipes = 0;
    ck_assert_int_eq(sigaction(SIGPIPE, &count, &before), 0);
    loopback_pair(loopback_family(_i), fds);
    ck_assert_int_eq(mio_close(fds[0]), 0);
    write_to_nobody(fds[1]);
    ck_assert_int_eq(mio_close(fds[1]), 0);
    loopback_pair(loopback_family(_i), fds);
    ck_assert_int_eq(mio_shutdown(fds[0], MIO_SHUTDOWN_WRITE), 0);
    write_to_nobody(fds[0]);
    loopback_close(fds);
    ck_assert_int_eq(broken_pipes, 0);
    sigaction(SIGPIPE, &before, NULL);
}
END_TEST

/* ------------------------------------------------------------- wrong descriptors */

START_TEST(not_connected)
{
    char buffer[8];
    mio_addr addr;
    mio_fd fd = loopback_listen(MIO_IPV4, NULL, &addr);

    ck_assert_int_eq(mio_read(fd, buffer, sizeof buffer), -ENOTCONN);
    ck_assert_int_eq(mio_peek(fd, buffer, sizeof buffer), -ENOTCONN);
    ck_assert_int_eq(mio_write(fd, "x", 1), -EPIPE);
    ck_assert_int_eq(mio_close(fd), 0);
    ck_assert_int_eq(mio_spare_open(&fd), 0);
    ck_assert_int_eq(mio_write(fd, "x", 1), -ENOTCONN);
    ck_assert_int_eq(mio_close(fd), 0);
}
END_TEST

START_TEST(no_descriptor)
{
    char buffer[8] = "";
    struct iovec vector = {buffer, sizeof buffer};

    ck_assert_int_eq(mio_read(-1, buffer, sizeof buffer), -EBADF);
    ck_assert_int_eq(mio_peek(-1, buffer, sizeof buffer), -EBADF);
    ck_assert_int_eq(mio_readv(-1, &vector, 1), -EBADF);
    ck_assert_int_eq(mio_write(-1, "x", 1), -EBADF);
    ck_assert_int_eq(mio_writev(-1, &vector, 1), -EBADF);
    ck_assert_int_eq(mio_shutdown(-1, MIO_SHUTDOWN_BOTH), -EBADF);
}
END_TEST

START_TEST(pipes_can_be_read)
{
    char buffer[8] = "";
    struct iovec vector = {buffer, sizeof buffer};
    int fds[2];

    ck_assert_int_eq(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
    ck_assert_int_eq(mio_read(fds[0], buffer, sizeof buffer), -EAGAIN);
    ck_assert_int_eq(write(fds[1], "abcd", 4), 4);
    ck_assert_int_eq(mio_read(fds[0], buffer, 2), 2);
    ck_assert_int_eq(mio_readv(fds[0], &vector, 1), 2);
    ck_assert_mem_eq(buffer, "cd", 2);
    ck_assert_int_eq(mio_peek(fds[0], buffer, sizeof buffer), -ENOTSOCK);
    ck_assert_int_eq(mio_write(fds[1], "x", 1), -ENOTSOCK);
    ck_assert_int_eq(mio_writev(fds[1], &vector, 1), -ENOTSOCK);
    ck_assert_int_eq(mio_shutdown(fds[1], MIO_SHUTDOWN_WRITE), -ENOTSOCK);
    ck_assert_int_eq(mio_close(fds[1]), 0);
    ck_assert_int_eq(mio_read(fds[0], buffer, sizeof buffer), 0);
    ck_assert_int_eq(mio_close(fds[0]), 0);
}
END_TEST

START_TEST(memory_that_is_not_there)
{
    struct iovec vector = {NULL, 8};
    mio_fd fds[2];

    loopback_pair(loopback_family(_i), fds);
    write_all(fds[0], "x");
    loopback_wait(fds[1], POLLIN);
    ck_assert_int_eq(mio_read(fds[1], NULL, 8), -EFAULT);
    ck_assert_int_eq(mio_readv(fds[1], &vector, 1), -EFAULT);
    ck_assert_int_eq(mio_readv(fds[1], NULL, 1), -EFAULT);
    ck_assert_int_eq(mio_peek(fds[1], NULL, 8), -EFAULT);
    ck_assert_int_eq(mio_write(fds[0], NULL, 8), -EFAULT);
    ck_assert_int_eq(mio_writev(fds[0], &vector, 1), -EFAULT);
    ck_assert_int_eq(mio_writev(fds[0], NULL, 1), -EFAULT);
    check_read(fds[1], "x");
    loopback_close(fds);
}
END_TEST

static void stream_tests(TCase *tcase)
{
    tcase_add_loop_test(tcase, read_and_write, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(tcase, sizes_of_nothing, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(tcase, peek_leaves_the_bytes, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(tcase, sixteen_mebibytes_through_a_kibibyte, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(tcase, vectors_of_odd_sizes, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(tcase, more_vectors_than_the_kernel_takes, 0, LOOPBACK_FAMILIES);
}

static void end_tests(TCase *tcase)
{
    tcase_add_loop_test(tcase, half_close, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(tcase, shutdown_of_reading, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(tcase, shutdown_of_both, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(tcase, what_was_written_before_close_is_delivered, 0,
                        LOOPBACK_FAMILIES);
    tcase_add_loop_test(tcase, a_reset_is_one_error_then_the_end, 0, LOOPBACK_IP_FAMILIES);
    tcase_add_loop_test(tcase, a_reset_by_unread_bytes, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(tcase, no_signal_comes_when_nobody_reads, 0, LOOPBACK_FAMILIES);
}

Suite *harness_suite(void)
{
    Suite *suite = suite_create("net/stream");
    TCase *wrong = harness_case(suite, "wrong descriptors");

    stream_tests(harness_case(suite, "stream"));
    end_tests(harness_case(suite, "end"));
    tcase_add_test(wrong, not_connected);
    tcase_add_test(wrong, no_descriptor);
    tcase_add_test(wrong, pipes_can_be_read);
    if (!harness_in_valgrind()) /* it would complain, rightly */
        tcase_add_loop_test(wrong, memory_that_is_not_there, 0, LOOPBACK_FAMILIES);
    return suite;
}
