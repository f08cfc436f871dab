#include "mio/process.h"

#include "children.h"
#include "faults.h"
#include "mio/socket.h"

#include <limits.h>
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>

WRAP(int, socketpair, (int family, int type, int protocol, int fds[2]),
     (family, type, protocol, fds))

int __real_posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *attributes, char *const argv[],
                        char *const environment[]);
int __wrap_posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *attributes, char *const argv[],
                        char *const environment[]);
int __wrap_posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *attributes, char *const argv[],
                        char *const environment[])
{
    return fault_strikes("posix_spawnp")
               ? errno
               : __real_posix_spawnp(pid, file, actions, attributes, argv, environment);
}

static const mio_process_stream I = MIO_PROCESS_INHERIT, N = MIO_PROCESS_NULL,
                                P = MIO_PROCESS_PIPE;

typedef struct started {
    int pid;
    mio_fd fds[MIO_PROCESS_STREAMS];
} started;

static started start(const mio_process_config *config)
{
    started process = {.pid = -1};

    ck_assert_int_eq(mio_process_start(config, &process.pid, process.fds), 0);
    ck_assert_int_gt(process.pid, 0);
    for (int i = 0; i < MIO_PROCESS_STREAMS; i++)
        ck_assert_int_eq(process.fds[i] >= 0, config->streams[i] == MIO_PROCESS_PIPE);
    return process;
}

/* A command of the shell. */
static started start_shell(const char *command, mio_process_stream in, mio_process_stream out,
                           mio_process_stream err)
{
    const char *const argv[] = {"sh", "-c", command, NULL};
    const mio_process_config config = {.argv = argv, .streams = {in, out, err}};

    return start(&config);
}

static void await_readable(mio_fd fd)
{
    struct pollfd source = {.fd = fd, .events = POLLIN};

    ck_assert_int_eq(poll(&source, 1, 20000), 1);
}

enum { TEXT_SIZE = 4096 };

/* All that it writes, to the end. */
static void read_output(mio_fd fd, char text[TEXT_SIZE])
{
    size_t length = 0;
    ptrdiff_t count = 1;

    while (count != 0) {
        await_readable(fd);
        count = mio_read(fd, text + length, TEXT_SIZE - 1 - length);
        ck_assert_int_ge((int)count, 0);
        length += (size_t)count;
    }
    text[length] = '\0';
}

static void expect_output(mio_fd fd, const char *wanted)
{
    char text[TEXT_SIZE];

    read_output(fd, text);
    ck_assert_str_eq(text, wanted);
}

/* It ends like this; our ends are closed. */
static void expect_end(const started *process, int wanted)
{
    int status;

    for (int i = 0; i < MIO_PROCESS_STREAMS; i++) {
        if (process->fds[i] >= 0)
            mio_close(process->fds[i]);
    }
    ck_assert_int_eq(waitpid(process->pid, &status, 0), process->pid);
    ck_assert_int_eq(WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), wanted);
}

static void expect_said(const char *command, const char *wanted)
{
    const started process = start_shell(command, N, P, I);

    expect_output(process.fds[1], wanted);
    expect_end(&process, 0);
}

START_TEST(cat_gives_back_what_it_gets)
{
    const char *const argv[] = {"cat", NULL};
    const mio_process_config config = {.argv = argv, .streams = {P, P, I}};
    const started cat = start(&config);
    char text[8];

    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq((int)mio_write(cat.fds[0], "hello", 5), 5);
        await_readable(cat.fds[1]);
        ck_assert_int_eq((int)mio_read(cat.fds[1], text, sizeof text), 5);
        ck_assert_int_eq(memcmp(text, "hello", 5), 0);
    }
    ck_assert_int_eq((int)mio_read(cat.fds[1], text, sizeof text), -EAGAIN);
    ck_assert_int_eq(mio_shutdown(cat.fds[0], MIO_SHUTDOWN_WRITE), 0);
    expect_output(cat.fds[1], "");
    expect_end(&cat, 0);
}
END_TEST

START_TEST(each_stream_is_its_own)
{
    const started process = start_shell("read x; echo out $x; echo err >&2; exit 3", P, P, P);

    ck_assert_int_eq((int)mio_write(process.fds[0], "in\n", 3), 3);
    expect_output(process.fds[1], "out in\n");
    expect_output(process.fds[2], "err\n");
    expect_end(&process, 3);
}
END_TEST

START_TEST(null_gives_nothing_and_takes_everything)
{
    const started process = start_shell("cat; echo lost; echo lost >&2", N, N, N);

    expect_end(&process, 0);
}
END_TEST

START_TEST(arguments_are_no_shells)
{
    const char *const argv[] = {"printf", "<%s>", "a b", "$HOME", "", "'", NULL};
    const mio_process_config config = {.argv = argv, .streams = {N, P, I}};
    const started process = start(&config);

    expect_output(process.fds[1], "<a b><$HOME><><'>");
    expect_end(&process, 0);
}
END_TEST

START_TEST(the_environment_is_inherited_or_given)
{
    const char *const argv[] = {"env", NULL};
    const char *const environment[] = {"A=1", "B=two words", NULL};
    const char *const none[] = {NULL};
    mio_process_config config = {
        .argv = argv, .environment = environment, .streams = {N, P, I}};
    started process = start(&config);

    expect_output(process.fds[1], "A=1\nB=two words\n");
    expect_end(&process, 0);
    config.environment = none;
    process = start(&config);
    expect_output(process.fds[1], "");
    expect_end(&process, 0);
    ck_assert_int_eq(setenv("MIO_TEST_INHERITED", "yes", 1), 0);
    expect_said("echo $MIO_TEST_INHERITED", "yes\n");
}
END_TEST

START_TEST(it_runs_where_it_is_told)
{
    const char *const argv[] = {"pwd", "-P", NULL};
    const mio_process_config config = {.argv = argv, .directory = "/", .streams = {N, P, I}};
    const started process = start(&config);

    expect_output(process.fds[1], "/\n");
    expect_end(&process, 0);
}
END_TEST

/* No signal is blocked or ignored, whatever this program does with them; but for those beyond
   the 31 named ones, of which a C library keeps some to itself. */
START_TEST(its_signals_are_those_of_a_fresh_program)
{
    const char *command = "while read name mask; do case $name in SigBlk:|SigIgn:) "
                          "echo $((0x$mask & 0x7fffffff));; esac; done </proc/$$/status";
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before[2];
    sigset_t blocked, mask;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    ck_assert_int_eq(sigaction(SIGPIPE, &ignore, &before[0]), 0);
    ck_assert_int_eq(sigaction(SIGUSR1, &ignore, &before[1]), 0);
    ck_assert_int_eq(sigprocmask(SIG_BLOCK, &blocked, &mask), 0);
    expect_said(command, "0\n0\n");
    ck_assert_int_eq(sigprocmask(SIG_SETMASK, &mask, NULL), 0);
    ck_assert_int_eq(sigaction(SIGPIPE, &before[0], NULL), 0);
    ck_assert_int_eq(sigaction(SIGUSR1, &before[1], NULL), 0);
}
END_TEST

static void list_descriptors(char text[TEXT_SIZE])
{
    const started process = start_shell("cd /proc/$$/fd && echo *", P, P, P);

    read_output(process.fds[1], text);
    expect_end(&process, 0);
}

/* Beside those that the frame of the tests lets through. */
START_TEST(no_descriptor_leaks_into_it)
{
    char before[TEXT_SIZE], after[TEXT_SIZE];
    started other;
    mio_fd pair[2];

    list_descriptors(before);
    ck_assert_int_eq(mio_socketpair(MIO_STREAM, pair), 0);
    other = start_shell("exec cat", P, P, P);
    list_descriptors(after);
    ck_assert_str_eq(before, after);
    expect_end(&other, 0);
    mio_close(pair[0]);
    mio_close(pair[1]);
}
END_TEST

START_TEST(its_end_blocks_and_ours_does_not)
{
    const started process = start_shell("exec cat", P, P, I);

    ck_assert_int_ne(fcntl(process.fds[0], F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_ne(fcntl(process.fds[0], F_GETFD) & FD_CLOEXEC, 0);
    source_pause_ms(5);
    ck_assert_int_eq(waitpid(process.pid, NULL, WNOHANG), 0); /* a cat would end by EAGAIN */
    expect_end(&process, 0);
}
END_TEST

START_TEST(writing_to_one_that_is_gone_is_no_signal)
{
    const started process = start_shell("exit 0", P, I, I);

    children_await(process.pid);
    ck_assert_int_eq((int)mio_write(process.fds[0], "x", 1), -EPIPE);
    expect_end(&process, 0);
}
END_TEST

/* In a program without standard streams, pairs get their numbers. */
START_TEST(this_program_has_no_standard_streams)
{
    const pid_t child = fork();
    int status;

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        started process;

        close(0);
        close(1);
        close(2);
        process = start_shell("read x; echo out $x; echo err >&2; exit 7", P, P, P);
        ck_assert_int_eq((int)mio_write(process.fds[0], "in\n", 3), 3);
        expect_output(process.fds[1], "out in\n");
        expect_output(process.fds[2], "err\n");
        expect_end(&process, 7);
        _exit(42);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 42);
}
END_TEST

/* ---------------------------------------------------------------- refusals */

static void expect_refused(const mio_process_config *config, int err)
{
    const int before = harness_open_descriptors();
    mio_fd fds[MIO_PROCESS_STREAMS] = {-4711, -4711, -4711};
    int pid = 4711;

    ck_assert_int_eq(mio_process_start(config, &pid, fds), err);
    ck_assert_int_eq(pid, 4711);
    for (int i = 0; i < MIO_PROCESS_STREAMS; i++)
        ck_assert_int_eq(fds[i], -4711);
    ck_assert_int_eq(harness_open_descriptors(), before);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* nor is there a process */
}

START_TEST(what_cannot_be_started)
{
    const char *const none[] = {NULL};
    const char *const missing[] = {"mio-no-such-program", NULL};
    const char *const folder[] = {"/", NULL};
    const char *const program[] = {"true", NULL};
    mio_process_config config = {.argv = missing, .streams = {P, P, P}};

    expect_refused(&config, -ENOENT);
    config.argv = folder;
    expect_refused(&config, -EACCES);
    config.argv = none;
    expect_refused(&config, -EINVAL);
    config.argv = NULL;
    expect_refused(&config, -EINVAL);
    config.argv = program;
    config.directory = "/mio-no-such-folder";
    expect_refused(&config, -ENOENT);
    config.directory = "/dev/null";
    expect_refused(&config, -ENOTDIR);
    config.directory = NULL;
    config.streams[2] = (mio_process_stream)3;
    expect_refused(&config, -EINVAL);
}
END_TEST

static int start_and_end(void)
{
    const char *const argv[] = {"true", NULL};
    const mio_process_config config = {.argv = argv, .streams = {P, P, P}};
    started process;
    const int err = mio_process_start(&config, &process.pid, process.fds);

    if (err == 0)
        expect_end(&process, 0);
    return err;
}

START_TEST(starting_fails_and_leaves_nothing)
{
    static const int descriptor_errors[] = {EMFILE, ENFILE, ENOMEM, 0};
    static const int process_errors[] = {EAGAIN, ENOMEM, ENOENT, EACCES, E2BIG, ENOEXEC, 0};

    fault_check_each(start_and_end, "socketpair", descriptor_errors);
    fault_check_each(start_and_end, "posix_spawnp", process_errors);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("sys/process");
    TCase *tcase = harness_case(suite, "starting");

    tcase_add_test(tcase, cat_gives_back_what_it_gets);
    tcase_add_test(tcase, each_stream_is_its_own);
    tcase_add_test(tcase, null_gives_nothing_and_takes_everything);
    tcase_add_test(tcase, arguments_are_no_shells);
    tcase_add_test(tcase, the_environment_is_inherited_or_given);
    tcase_add_test(tcase, it_runs_where_it_is_told);
    tcase_add_test(tcase, its_signals_are_those_of_a_fresh_program);
    tcase_add_test(tcase, no_descriptor_leaks_into_it);
    tcase_add_test(tcase, its_end_blocks_and_ours_does_not);
    tcase_add_test(tcase, writing_to_one_that_is_gone_is_no_signal);
    tcase_add_test(tcase, this_program_has_no_standard_streams);

    tcase = harness_case(suite, "refusing");
    tcase_add_test(tcase, what_cannot_be_started);
    tcase_add_test(tcase, starting_fails_and_leaves_nothing);
    return suite;
}
