#include "forked.h"

#include <pthread.h>
#include <stdatomic.h>

static pthread_once_t forked_once = PTHREAD_ONCE_INIT;
static bool forked_watched;
static atomic_uint forked_count;

static void forked_child(void)
{
    atomic_fetch_add_explicit(&forked_count, 1, memory_order_relaxed);
}

static void forked_start(void)
{
    forked_watched = pthread_atfork(NULL, NULL, forked_child) == 0;
}

bool mio__lua_forked_watch(void)
{
    pthread_once(&forked_once, forked_start);
    return forked_watched;
}

unsigned mio__lua_forked_generation(void)
{
    return atomic_load_explicit(&forked_count, memory_order_relaxed);
}
