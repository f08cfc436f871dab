/*
 * Dispatch: many pipes, of which some are readable; as libevent's own benchmark has it. Each
 * program defines:
 *
 *   dispatch_open(count)    make a loop, and room
 *   dispatch_watch(i, fd)   have dispatch_event(i) called in each turn while fd is readable
 *   dispatch_run(events)    turn after turn, until pipes.events is so many or more
 *
 *   dispatch_X PIPES ACTIVE EVENTS
 *
 * Two phases, each of EVENTS events. In "read" a handler reads the byte, and writes one to the
 * next pipe. In "empty" it does nothing: what is measured is the dispatch alone.
 */
#ifndef BENCH_DISPATCH_H
#define BENCH_DISPATCH_H

#include "micro.h"

#include <fcntl.h>

static void dispatch_open(long count);
static void dispatch_watch(long i, int fd);
static void dispatch_run(long events);

static struct {
    int (*fds)[2];
    long count;
    long active;
    long events; /* that came, in this phase */
    long writes; /* still to be done; -1: nothing is read */
} pipes;

static inline void pipes_write(long i)
{
    micro_check(write(pipes.fds[i][1], "x", 1), "write");
}

static inline void dispatch_event(long i)
{
    char byte;

    pipes.events++;
    if (pipes.writes < 0)
        return;
    micro_check(read(pipes.fds[i][0], &byte, 1), "read");
    if (pipes.writes == 0)
        return;
    pipes.writes--;
    pipes_write(i + 1 < pipes.count ? i + 1 : 0);
}

static void pipes_open(long count)
{
    pipes.count = count;
    pipes.fds = micro_allocate(count, sizeof *pipes.fds);
    dispatch_open(count);
    for (long i = 0; i < count; i++) {
        micro_check(pipe2(pipes.fds[i], O_CLOEXEC | O_NONBLOCK), "pipe2");
        dispatch_watch(i, pipes.fds[i][0]);
    }
}

static void phase_run(const char *name, long events, long writes)
{
    int64_t start_ns;

    pipes.events = 0;
    pipes.writes = writes;
    for (long i = 0; i < pipes.active; i++)
        pipes_write(i * (pipes.count / pipes.active));
    start_ns = micro_clock();
    dispatch_run(events);
    printf("%s: %.2f\n", name, (double)(micro_clock() - start_ns) / (double)events);
}

int main(int argc, char **argv)
{
    const long events = micro_argument(argc, argv, 3);

    pipes.active = micro_argument(argc, argv, 2);
    pipes_open(micro_argument(argc, argv, 1));
    phase_run("read", events, events - pipes.active);
    phase_run("empty", events, -1);
    return EXIT_SUCCESS;
}

#endif
