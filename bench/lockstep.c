/*
 * Has a server and the bench go in step, so that what a request costs is the same in each run,
 * whatever else the machine does. Loaded by LD_PRELOAD into the server, it holds each wait that
 * could sleep until the bench, which has sent all its requests by then, lets it go on: so a
 * wait always brings the same events. The page that both look at is the file MIO_BENCH_PAGE.
 *
 * Marks cut the run into what is counted and what is not: before a held wait goes on,
 * lockstep_mark() is called, which valgrind is told to look for and strace shows.
 *
 * The time that a program asks time() for is MIO_BENCH_SEED: Lua's hash seed is made of it.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

typedef struct lockstep_page {
    volatile uint32_t held;   /* waits that have come here */
    volatile uint32_t passed; /* waits that may go on, as the bench says */
    volatile uint32_t marks;  /* wanted by now, as the bench says */
    volatile uint32_t events; /* of all waits together */
} lockstep_page;

void lockstep_mark(void);
void lockstep_hold(void);

static lockstep_page *page;
static uint32_t marks_made;

__attribute__((constructor)) static void lockstep_begin(void)
{
    const char *name = getenv("MIO_BENCH_PAGE");
    const int fd = name != NULL ? open(name, O_RDWR | O_CLOEXEC) : -1;
    void *shared;

    if (fd < 0)
        return;
    shared = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (shared != MAP_FAILED)
        page = shared;
}

/* A call that no server makes, so that strace shows it. */
__attribute__((noinline)) void lockstep_mark(void)
{
    syscall(SYS_getpgid, -1);
}

/* Not counted by valgrind: how long it takes is the bench's affair. */
__attribute__((noinline)) void lockstep_hold(void)
{
    static const struct timespec while_held = {.tv_nsec = 20000};

    page->held++;
    while ((int32_t)(page->held - page->passed) > 0)
        nanosleep(&while_held, NULL);
    if (marks_made != page->marks) {
        marks_made++;
        lockstep_mark();
    }
}

static int lockstep_leave(int count)
{
    if (page != NULL && count > 0)
        page->events += (uint32_t)count;
    return count;
}

int epoll_wait(int queue, struct epoll_event *events, int capacity, int timeout_ms)
{
    if (page != NULL && timeout_ms != 0)
        lockstep_hold();
    return lockstep_leave((int)syscall(SYS_epoll_wait, queue, events, capacity, timeout_ms));
}

time_t time(time_t *ret_time)
{
    const char *seed = getenv("MIO_BENCH_SEED");
    const time_t now = seed != NULL ? atoi(seed) : 1;

    if (ret_time != NULL)
        *ret_time = now;
    return now;
}
