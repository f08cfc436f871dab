#include "mio/process.h"

#include "sys/descriptor.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <unistd.h>

#ifdef __APPLE__
#include <crt_externs.h>
#elif !defined(__linux__)
extern char **environ;
#endif

/*
 * A process that is about to start. `theirs` are numbers above those of the standard streams:
 * so none of them is overwritten before it has got its place in the child.
 */
typedef struct process_plan {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    mio_fd ours[MIO_PROCESS_STREAMS];
    mio_fd theirs[MIO_PROCESS_STREAMS];
} process_plan;

static void process_init(process_plan *plan)
{
    posix_spawn_file_actions_init(&plan->actions);
    posix_spawnattr_init(&plan->attributes);
    for (int i = 0; i < MIO_PROCESS_STREAMS; i++)
        plan->ours[i] = plan->theirs[i] = -1;
}

static void process_close(const mio_fd fds[MIO_PROCESS_STREAMS])
{
    for (int i = 0; i < MIO_PROCESS_STREAMS; i++) {
        if (fds[i] >= 0)
            mio__descriptor_close(fds[i]);
    }
}

static void process_fini(process_plan *plan)
{
    posix_spawnattr_destroy(&plan->attributes);
    posix_spawn_file_actions_destroy(&plan->actions);
    process_close(plan->theirs);
}

/* All signals as they are by default, the mask empty. */
static int process_plan_signals(process_plan *plan)
{
    sigset_t all, none;
    int err;

    sigfillset(&all);
    sigemptyset(&none);
    err = posix_spawnattr_setsigdefault(&plan->attributes, &all);
    if (err == 0)
        err = posix_spawnattr_setsigmask(&plan->attributes, &none);
    if (err == 0)
        err = posix_spawnattr_setflags(&plan->attributes,
                                       POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    return -err;
}

/* In a program that has closed its standard streams, the pair may have got their numbers. */
static int process_lift(mio_fd *fd)
{
    mio_fd lifted;

    if (*fd >= MIO_PROCESS_STREAMS)
        return 0;
    lifted = fcntl(*fd, F_DUPFD_CLOEXEC, MIO_PROCESS_STREAMS);
    if (lifted < 0)
        return -errno;
    mio__descriptor_close(*fd);
    *fd = lifted;
    return 0;
}

static int process_plan_pipe(process_plan *plan, int stream)
{
    mio_fd fds[2] = {-1, -1};
    int err = mio__descriptor_pair(AF_UNIX, SOCK_STREAM, fds);

    if (err < 0)
        return err;
    plan->ours[stream] = fds[0];
    plan->theirs[stream] = fds[1];
    err = process_lift(&plan->theirs[stream]);
    if (err == 0)
        err = mio__sys_status(fcntl(plan->theirs[stream], F_SETFL, 0)); /* it blocks */
    if (err == 0)
        err = -posix_spawn_file_actions_adddup2(&plan->actions, plan->theirs[stream], stream);
    return err;
}

static int process_plan_stream(process_plan *plan, int stream, mio_process_stream kind)
{
    switch (kind) {
    case MIO_PROCESS_INHERIT:
        return 0;
    case MIO_PROCESS_NULL:
        return -posix_spawn_file_actions_addopen(&plan->actions, stream, "/dev/null", O_RDWR,
                                                 0);
    case MIO_PROCESS_PIPE:
        return process_plan_pipe(plan, stream);
    }
    return -EINVAL;
}

/* POSIX has it since 2024, systems since before or not yet. */
static int process_plan_directory(process_plan *plan, const char *directory)
{
#ifdef MIO__SPAWN_ADDCHDIR
    return -MIO__SPAWN_ADDCHDIR(&plan->actions, directory);
#else
    (void)plan, (void)directory;
    return -EOPNOTSUPP;
#endif
}

static int process_plan_all(process_plan *plan, const mio_process_config *config)
{
    int err = process_plan_signals(plan);

    if (err == 0 && config->directory != NULL)
        err = process_plan_directory(plan, config->directory);
    for (int i = 0; err == 0 && i < MIO_PROCESS_STREAMS; i++)
        err = process_plan_stream(plan, i, config->streams[i]);
    return err;
}

/* posix_spawn() leaves the strings alone, though its type does not say so. */
static char *const *process_strings(const char *const *strings)
{
    const union {
        const char *const *ours;
        char *const *theirs;
    } pointer = {.ours = strings};

    return pointer.theirs;
}

/* A library of macOS does not see the variable of the program. */
static char *const *process_environment(const mio_process_config *config)
{
    if (config->environment != NULL)
        return process_strings(config->environment);
#ifdef __APPLE__
    return *_NSGetEnviron();
#else
    return environ;
#endif
}

static int process_spawn(const process_plan *plan, const mio_process_config *config,
                         int *ret_pid)
{
    pid_t pid;
    int err = posix_spawnp(&pid, config->argv[0], &plan->actions, &plan->attributes,
                           process_strings(config->argv), process_environment(config));

    if (err == 0)
        *ret_pid = pid;
    return -err;
}

int mio_process_start(const mio_process_config *config, int *ret_pid,
                      mio_fd ret_fds[MIO_PROCESS_STREAMS])
{
    process_plan plan;
    int err;

    if (config == NULL || ret_pid == NULL || ret_fds == NULL)
        return -EINVAL;
    if (config->argv == NULL || config->argv[0] == NULL)
        return -EINVAL;
    process_init(&plan);
    err = process_plan_all(&plan, config);
    if (err == 0)
        err = process_spawn(&plan, config, ret_pid);
    process_fini(&plan);
    if (err < 0)
        process_close(plan.ours);
    else
        memcpy(ret_fds, plan.ours, sizeof plan.ours);
    return err;
}
