#include "sys/fork.h"

#include <pthread.h>
#include <stdatomic.h>

static atomic_uint generation;
static pthread_once_t watch_once = PTHREAD_ONCE_INIT;
static int watch_result;

static void fork_count(void)
{
    atomic_fetch_add_explicit(&generation, 1, memory_order_relaxed);
}

static void fork_watch_once(void)
{
    watch_result = -pthread_atfork(NULL, NULL, fork_count);
}

int mio__fork_watch(void)
{
    pthread_once(&watch_once, fork_watch_once);
    return watch_result;
}

unsigned mio__fork_generation(void)
{
    return atomic_load_explicit(&generation, memory_order_relaxed);
}
