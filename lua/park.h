/*
 * Parks: where tasks wait for a source. A park is the registration of a source by the running
 * scheduler, made when the first task needs it, edge-triggered for both directions, and left
 * in place until the source is closed or the scheduler ends.
 *
 * 1. The slot table of the loop holds the park; nothing in it holds the source: one that nobody
 *    holds is closed by the collector, as ever.
 * 2. Edges are told once: `readable` says that a read is worth trying. It is cleared by a read
 *    that found nothing, or less than it asked for. `ended`, an error or the peer's end, keeps
 *    it set: no further edge would come.
 * 3. At most one task reads and one writes. What the reader `wants` is read as the event
 *    comes; the bytes are in the scheduler's arena until it runs (`bytes`, `count`). A reader
 *    that wants nothing is only told.
 * 4. `out` holds what was written and not sent; a park with such bytes that the socket has not
 *    refused yet is among the scheduler's `written`. An error of sending drops them, and is
 *    told by the next write. Who writes once a turn has nothing to be joined with: where it was
 *    so the last time, the first write of a turn is sent at once (`alone`).
 * 5. A park that `lingers` has outlived its source, whose descriptor it owns, in order to send
 *    what is left. It ends when that is done, or when the peer has taken nothing for a while.
 * 6. A regular file is always ready, and the kernel cannot poll it: a `stand_in` that is always
 *    ready, too, is registered in its place.
 * 7. `due_ns` is when the reader gives up what takes several waits; it is set at the first of
 *    them. While nothing was read yet (`is_fresh`) it is the deadline of the first read, and
 *    set beforehand.
 */
#ifndef MIO__LUA_PARK_H
#define MIO__LUA_PARK_H

#include "bytes.h"
#include "registration.h"
#include "scheduler.h"
#include "stream.h"

typedef struct mio__lua_park {
    mio__lua_registration registration; /* first: it is one */
    mio__lua_scheduler *scheduler;
    mio_fd fd;                          /* of the source */
    mio_fd stand_in;                    /* -1: none; see 6 */
    const mio__lua_stream_calls *calls; /* of a stream; else NULL */
    mio__lua_waiter reader;
    mio__lua_waiter writer;
    bool readable;
    bool ended;
    bool is_written; /* it is in the scheduler's list */
    bool lingers;
    bool is_fresh;
    bool blocked;        /* the socket is full: an event will tell that it has room */
    bool alone;          /* when it was written to last, that was once in the turn, so far */
    uint32_t written_in; /* the last turn in which it was written to; 0: none */
    int write_err;
    uint32_t wants;    /* at most what the scratch buffer holds */
    int32_t count;     /* as the read has returned it */
    const char *bytes; /* in the arena; NULL: its reader has them */
    size_t high_water;
    int64_t timeout_ns;
    union {
        int64_t due_ns; /* of the reader; -1: none */
        uint64_t timer; /* of one that lingers; 0: it has fired */
    };
    size_t searched; /* of `in`: no end of a piece begins before it */
    mio__lua_bytes in;
    mio__lua_bytes out;
    struct mio__lua_park *next_written, *prev_written;
} mio__lua_park;

/* The park of a source, or NULL. */
static inline mio__lua_park *mio__lua_park_find(const mio__lua_source *source)
{
    mio__lua_registration *registration = source->registrations;

    while (registration != NULL && registration->object.tag != mio__lua_class_tag(CLASS_PARK))
        registration = registration->next;
    return (mio__lua_park *)registration;
}

/* The same, made where there is none. Returns 0, or -errno. The source at `arg` is open. */
int mio__lua_park_get(lua_State *L, mio__lua_source *source, mio__lua_park **ret_park);

/* When `timeout_ns` from now on, which are not for ever, are over. */
static inline int64_t mio__lua_park_due(const mio__lua_park *park, int64_t timeout_ns)
{
    const int64_t now_ns = mio_loop_now(park->scheduler->loop->core);

    return timeout_ns < INT64_MAX - now_ns ? now_ns + timeout_ns : INT64_MAX;
}

/* The current task, which is about to wait at the park: as mio__lua_task_check(), without
   asking Lua where nothing is wrong. */
static inline mio__lua_task *mio__lua_park_task(lua_State *L, const mio__lua_park *park,
                                                const char *what)
{
    mio__lua_task *task = park->scheduler->current;

    if (task != NULL && task->leaf == L && !task->doomed && lua_isyieldable(L))
        return task;
    return mio__lua_task_check(L, what);
}

/* In a continuation, as mio__lua_task_continued(); `park` may be NULL. */
static inline mio__lua_task *mio__lua_park_continued(lua_State *L, const mio__lua_park *park)
{
    mio__lua_task *task = park != NULL ? park->scheduler->current : NULL;

    return task != NULL && task->leaf == L ? task : mio__lua_task_continued(L);
}

/* What an event says of it. The arena has room for one read. */
void mio__lua_park_event(mio__lua_park *park, unsigned ready);

/* Send what is written. */
void mio__lua_park_flush(lua_State *L, mio__lua_park *park);

/* There is something to send at the end of the turn's run. */
void mio__lua_park_write(mio__lua_park *park);

/* The source is about to be closed: send what is written. Where the socket does not take all of
   it, the park keeps the descriptor, and the source has none from then on. */
void mio__lua_park_leave(lua_State *L, mio__lua_park *park);

/* Its registration has ended: who waits is told, what is left of its bytes is dropped. */
void mio__lua_park_forget(mio__lua_park *park);

/* Define the class. The state is on top. */
void mio__lua_park_open(lua_State *L);

/* End all parks of the scheduler. */
void mio__lua_park_end_all(lua_State *L, mio__lua_scheduler *scheduler);

#endif
