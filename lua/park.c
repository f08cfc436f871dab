#include "park.h"

#include "slots.h"
#include "unread.h"

#include "mio/socket.h"
#include "mio/timer.h"

#include <errno.h>

enum { PARK_HIGH_WATER = 65536 };

/* How long a peer may take nothing of what a closed stream has still to send. */
static const int64_t park_linger_ns = 5000000000;

/* ------------------------------------------------------------------- its life */

static void park_init(mio__lua_park *park, mio__lua_scheduler *scheduler)
{
    park->scheduler = scheduler;
    park->registration.slots = LOOP_REGISTRATIONS;
    park->registration.trigger = MIO_EDGE;
    park->high_water = PARK_HIGH_WATER;
    park->timeout_ns = -1;
    park->due_ns = -1;
}

static int park_register(mio__lua_park *park, mio_loop *core, mio_fd fd)
{
    return mio_loop_register(core, fd, MIO_READABLE | MIO_WRITABLE, MIO_EDGE, (uintptr_t)park,
                             &park->registration.id);
}

/* A socket whose peer is gone: whoever reads or writes it would not have to wait. */
static int park_register_stand_in(mio__lua_park *park, mio_loop *core)
{
    mio_fd ends[2];
    int err = mio_socketpair(MIO_STREAM, ends);

    if (err < 0)
        return err;
    mio_close(ends[1]);
    err = park_register(park, core, ends[0]);
    if (err == 0)
        park->stand_in = ends[0];
    else
        mio_close(ends[0]);
    return err;
}

/* Making the object may collect garbage, whose finalizers may close the source. */
static int park_new(lua_State *L, mio__lua_source *source, mio__lua_park **ret_park)
{
    mio__lua_scheduler *scheduler = mio__lua_scheduler_get(L);
    mio__lua_loop *loop = scheduler->loop;
    mio__lua_park *park = mio__lua_class_new(L, CLASS_PARK, sizeof *park, 0);
    const int object = lua_gettop(L);
    int err = source->fd < 0 ? -EBADF : 0;

    park->stand_in = -1;
    if (err == 0)
        err = park_register(park, loop->core, source->fd);
    if (err == -EPERM)
        err = park_register_stand_in(park, loop->core);
    if (err == 0) {
        park_init(park, scheduler);
        park->registration.source = source;
        park->fd = source->fd;
        park->reader.fd = source->fd;
        park->writer.fd = source->fd;
        if (source->object.tag == mio__lua_class_tag(CLASS_STREAM))
            park->calls = mio__lua_stream_calls_of((const mio__lua_stream *)source);
        mio__lua_loop_push_slots(L, loop, LOOP_REGISTRATIONS);
        lua_pushvalue(L, object);
        lua_pushboolean(L, 0);
        lua_pushboolean(L, 0);
        scheduler->parks++;
        mio__lua_registration_bind(L, loop, &park->registration, object + 1);
        *ret_park = park;
    }
    lua_settop(L, object - 1);
    return err;
}

int mio__lua_park_get(lua_State *L, mio__lua_source *source, mio__lua_park **ret_park)
{
    mio__lua_park *park = mio__lua_park_find(source);

    if (park == NULL)
        return park_new(L, source, ret_park);
    *ret_park = park;
    return 0;
}

static void forget_written(mio__lua_park *park)
{
    if (!park->is_written)
        return;
    if (park->next_written != NULL)
        park->next_written->prev_written = park->prev_written;
    if (park->prev_written != NULL)
        park->prev_written->next_written = park->next_written;
    else
        park->scheduler->written = park->next_written;
    park->is_written = false;
}

static void forget_waiters(const mio__lua_park *park)
{
    if (park->reader.task != NULL)
        mio__lua_task_wake(park->reader.task, WOKEN_CLOSED);
    if (park->writer.task != NULL)
        mio__lua_task_wake(park->writer.task, WOKEN_CLOSED);
}

static void forget_lingering(mio__lua_park *park)
{
    mio__lua_scheduler *scheduler = park->scheduler;

    if (park->timer != 0) {
        mio_timer_cancel(scheduler->loop->core, park->timer);
        scheduler->timers--;
    }
    scheduler->lingering--;
    mio_close(park->fd);
}

void mio__lua_park_forget(mio__lua_park *park)
{
    mio__lua_scheduler *scheduler = park->scheduler;

    if (scheduler == NULL)
        return;
    forget_waiters(park);
    forget_written(park);
    if (park->lingers)
        forget_lingering(park);
    if (park->stand_in >= 0)
        mio_close(park->stand_in);
    mio__lua_bytes_consume(&scheduler->pool, &park->in, mio__lua_bytes_length(&park->in));
    mio__lua_bytes_consume(&scheduler->pool, &park->out, mio__lua_bytes_length(&park->out));
    scheduler->parks--;
    park->scheduler = NULL;
}

/* What only streams have, unread bytes, stays with them. */
static void end_one(lua_State *L, mio__lua_park *park)
{
    if (park->is_written)
        mio__lua_park_flush(L, park);
    if (mio__lua_bytes_length(&park->in) > 0 && !park->lingers)
        mio__lua_unread_keep(L, (mio__lua_stream *)park->registration.source,
                             park->in.data + park->in.start, mio__lua_bytes_length(&park->in));
    mio__lua_registration_end(L, &park->registration);
}

void mio__lua_park_end_all(lua_State *L, mio__lua_scheduler *scheduler)
{
    if (mio__lua_loop_push_slots(L, scheduler->loop, LOOP_REGISTRATIONS) == LUA_TTABLE) {
        for (lua_Integer slot = mio__lua_slots_count(L, -1); slot-- > 0;) {
            mio__lua_slots_get(L, -1, (uint64_t)slot, SLOT_OBJECT);
            if (mio__lua_class_test(L, -1, CLASS_PARK, sizeof(mio__lua_park)) != NULL)
                end_one(L, lua_touserdata(L, -1));
            lua_pop(L, 1);
        }
    }
    lua_pop(L, 1);
}

/* ------------------------------------------------------------------- reading */

static void event_wake(mio__lua_waiter *waiter)
{
    mio__lua_task *task = waiter->task;

    task->woken_by = waiter;
    mio__lua_task_wake(task, WOKEN);
}

/* Read what the reader wants, and wake it; it goes on waiting where nothing is there. A short
   read has emptied the socket. */
static void event_read(mio__lua_park *park)
{
    mio__lua_scheduler *scheduler = park->scheduler;
    char *bytes = scheduler->arena + scheduler->arena_used;
    const size_t size = park->wants < SCHEDULER_READ ? park->wants : SCHEDULER_READ;
    const ptrdiff_t count = park->calls->read(park->fd, bytes, size);

    park->readable = park->ended || count == (ptrdiff_t)size;
    if (count == -EAGAIN)
        return;
    park->bytes = bytes;
    park->count = (int32_t)count;
    if (count > 0)
        scheduler->arena_used += (size_t)count;
    mio__lua_task_wake(park->reader.task, WOKEN);
}

/* --------------------------------------------------------------------- writing */

void mio__lua_park_write(mio__lua_park *park)
{
    mio__lua_scheduler *scheduler = park->scheduler;

    if (park->is_written || park->blocked)
        return;
    park->is_written = true;
    park->prev_written = NULL;
    park->next_written = scheduler->written;
    if (park->next_written != NULL)
        park->next_written->prev_written = park;
    scheduler->written = park;
}

/* A writer waits until half of what made it wait has gone; one that flushes, until all has. */
static void flush_wake(mio__lua_park *park)
{
    const size_t length = mio__lua_bytes_length(&park->out);

    if (park->writer.task != NULL && (length == 0 || length <= park->high_water / 2))
        mio__lua_task_wake(park->writer.task, WOKEN);
}

/* Nobody waits for it but the peer, who has so much time from the last bytes on. */
static void flush_lingering(lua_State *L, mio__lua_park *park, bool progress)
{
    if (mio__lua_bytes_length(&park->out) == 0)
        mio__lua_registration_end(L, &park->registration);
    else if (progress)
        mio_timer_reset(park->scheduler->loop->core, park->timer, park_linger_ns);
}

/* A short write has filled the socket: an edge will tell that it has room again. */
void mio__lua_park_flush(lua_State *L, mio__lua_park *park)
{
    const size_t length = mio__lua_bytes_length(&park->out);
    ptrdiff_t count = 0;

    forget_written(park);
    if (length > 0)
        count = park->calls->write(park->fd, park->out.data + park->out.start, length);
    if (count == -EAGAIN)
        count = 0;
    if (count < 0) {
        park->write_err = (int)count;
        count = (ptrdiff_t)length;
    }
    mio__lua_bytes_consume(&park->scheduler->pool, &park->out, (size_t)count);
    park->blocked = mio__lua_bytes_length(&park->out) > 0;
    if (park->lingers)
        flush_lingering(L, park, count > 0);
    else
        flush_wake(park);
}

/* ------------------------------------------------------------------- lingering */

void mio__lua_park_leave(lua_State *L, mio__lua_park *park)
{
    mio__lua_scheduler *scheduler = park->scheduler;
    mio__lua_source *source = park->registration.source;

    if (mio__lua_bytes_length(&park->out) > 0 && !park->blocked)
        mio__lua_park_flush(L, park);
    if (mio__lua_bytes_length(&park->out) == 0 ||
        mio_loop_after(scheduler->loop->core, park_linger_ns, (uintptr_t)park | 1,
                       &park->timer) < 0)
        return;
    scheduler->timers++;
    scheduler->lingering++;
    park->lingers = true;
    forget_waiters(park);
    mio__lua_registration_leave(&park->registration);
    mio__lua_source_leave(L, source);
}

/* -------------------------------------------------------------------- events */

void mio__lua_park_event(mio__lua_park *park, unsigned ready)
{
    if ((ready & (MIO_ERROR | MIO_READ_CLOSED)) != 0)
        park->ended = true;
    if ((ready & MIO_READABLE) != 0) {
        park->readable = true;
        if (park->reader.task != NULL && park->wants > 0)
            event_read(park);
        else if (park->reader.task != NULL)
            event_wake(&park->reader);
    }
    if ((ready & MIO_WRITABLE) == 0)
        return;
    if (park->blocked) {
        park->blocked = false;
        mio__lua_park_write(park);
    } else if (park->writer.task != NULL && mio__lua_bytes_length(&park->out) == 0) {
        event_wake(&park->writer);
    }
}

void mio__lua_park_open(lua_State *L)
{
    static const luaL_Reg none[] = {{NULL, NULL}};

    mio__lua_class_define(L, CLASS_PARK, "mio.park", none, NULL);
}
