/*
 * libevent's base as its manual makes it fast: no locks, and changes that wait for the next
 * turn.
 */
#ifndef BENCH_EVENT_BASE_H
#define BENCH_EVENT_BASE_H

#include <event2/event.h>

static struct event_base *base_new(void)
{
    struct event_config *config = event_config_new();

    event_config_set_flag(config,
                          EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
    return event_base_new_with_config(config);
}

#endif
