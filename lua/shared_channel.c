#include "shared_channel.h"

#include "result.h"
#include "scheduler.h"
#include "seconds.h"

#include <errno.h>

typedef struct mio__lua_shared_channel {
    mio__lua_object object;
    mio__lua_exchange *exchange; /* NULL: it has been finalized */
} mio__lua_shared_channel;

/* In a stall that nobody waits in there is a message only while it is encoded or decoded. */
typedef struct shared_stall {
    mio__lua_object object;
    mio__lua_stall stall;
} shared_stall;

/* The stack of a call that waits. */
enum { SHARED_CHANNEL = 1, SHARED_VALUE = 2, SHARED_ARGUMENTS = 3, SHARED_STALL };

/* -------------------------------------------------------------------- objects */

static mio__lua_shared_channel *shared_check(lua_State *L)
{
    return mio__lua_class_check(L, 1, CLASS_SHARED_CHANNEL, sizeof(mio__lua_shared_channel));
}

void mio__lua_shared_channel_push(lua_State *L, mio__lua_exchange *exchange)
{
    mio__lua_shared_channel *channel =
        mio__lua_class_new(L, CLASS_SHARED_CHANNEL, sizeof *channel, 0);

    channel->exchange = mio__lua_exchange_ref(exchange); /* after what may raise an error */
}

mio__lua_exchange *mio__lua_shared_channel_test(lua_State *L, int index)
{
    const mio__lua_shared_channel *channel =
        mio__lua_class_test(L, index, CLASS_SHARED_CHANNEL, sizeof *channel);

    return channel != NULL ? channel->exchange : NULL;
}

int mio__lua_shared_channel_create(lua_State *L)
{
    const lua_Integer capacity = luaL_optinteger(L, 1, 0);
    mio__lua_shared_channel *channel;

    luaL_argcheck(L, capacity >= 0, 1, "a capacity is a whole number from 0 up");
    channel = mio__lua_class_new(L, CLASS_SHARED_CHANNEL, sizeof *channel, 0);
    channel->exchange = mio__lua_exchange_new(mio__lua_size_of(capacity));
    return channel->exchange != NULL ? 1 : mio__lua_failure(L, -ENOMEM);
}

/* --------------------------------------------------------------------- stalls */

/* Push the stall of the task, made when it waits for the first time: the inbox of its run is
   open then. */
static mio__lua_stall *stall_push(lua_State *L, const mio__lua_task *task)
{
    mio__lua_inbox *inbox = NULL;
    shared_stall *object;
    int err;

    mio__lua_task_push(L, task);
    if (lua_getiuservalue(L, -1, TASK_CALL) != LUA_TUSERDATA) {
        err = mio__lua_scheduler_inbox(L, &inbox);
        if (err < 0)
            luaL_error(L, "shared channel: %s", mio_strerror(err));
        lua_pop(L, 1);
        object = mio__lua_class_new(L, CLASS_STALL, sizeof *object, 0);
        mio__lua_inbox_begin(inbox, &object->stall.call);
        lua_pushvalue(L, -1);
        lua_setiuservalue(L, -3, TASK_CALL);
    }
    object = lua_touserdata(L, -1);
    lua_replace(L, -2);
    return &object->stall;
}

/* Nobody will see what has come: the next one gets it. What was to be sent is dropped, for its
   sockets may have been collected. */
static void stall_abandon(mio__lua_stall *stall)
{
    mio__lua_exchange *exchange = stall->exchange;

    if (exchange != NULL) {
        mio__lua_exchange_ref(exchange);
        if (mio__lua_exchange_leave(stall) == STALL_SERVED) {
            if (stall->sends)
                stall->message = (mio__lua_message){.size = 0};
            else
                mio__lua_exchange_return(exchange, &stall->message);
        }
        mio__lua_exchange_unref(exchange);
    }
    mio__lua_message_release(&stall->message);
}

void mio__lua_shared_channel_abandon(lua_State *L, int index)
{
    shared_stall *object = mio__lua_class_test(L, index, CLASS_STALL, sizeof *object);

    if (object != NULL)
        stall_abandon(&object->stall);
}

/* __close, where somebody closes the coroutine that waits, and __gc */
static int stall_end(lua_State *L)
{
    mio__lua_shared_channel_abandon(L, 1);
    return 0;
}

/* -------------------------------------------------------------------- sending */

static bool encode_holds(const mio__lua_message *message, const mio__lua_exchange *exchange)
{
    for (size_t i = 0; message->cargo != NULL && i < message->cargo->count; i++)
        if (message->cargo->items[i].exchange == exchange)
            return true;
    return false;
}

/* Encode the value. Returns 0, or -errno. One that carries its own channel would never go. */
static int send_encode(lua_State *L, const mio__lua_exchange *exchange,
                       mio__lua_message *ret_message)
{
    const int err = mio__lua_message_encode_with_cargo(L, SHARED_VALUE, ret_message);

    if (err == 0 && encode_holds(ret_message, exchange)) {
        mio__lua_message_release(ret_message);
        luaL_argerror(L, SHARED_VALUE, "value: the shared channel itself");
    }
    return err;
}

/* The results of a send. Where it failed the sockets are the sender's again. */
static int send_outcome(lua_State *L, int err, mio__lua_message *message)
{
    if (err == 0) {
        *message = (mio__lua_message){.size = 0};
        lua_pushboolean(L, 1);
        return 1;
    }
    mio__lua_cargo_hand_over(message->cargo);
    mio__lua_message_release(message);
    if (err == -EAGAIN)
        return mio__lua_token(L, "full");
    return err == -EPIPE ? mio__lua_token(L, "closed") : mio__lua_failure(L, err);
}

/* Send without waiting. Where it fails everything is as it was but that the sockets are not
   registered any more. */
static int send_at_once(lua_State *L, mio__lua_exchange *exchange, mio__lua_message *message)
{
    int err = -EPIPE;

    if (mio__lua_cargo_take(L, message->cargo))
        err = mio__lua_exchange_send(exchange, message);
    if (err < 0)
        mio__lua_cargo_hand_over(message->cargo);
    return err;
}

/* channel:try_send(value) */
static int shared_try_send(lua_State *L)
{
    mio__lua_exchange *exchange = shared_check(L)->exchange;
    mio__lua_message message;
    int err;

    luaL_checkany(L, SHARED_VALUE);
    lua_settop(L, SHARED_VALUE);
    err = send_encode(L, exchange, &message);
    if (err < 0)
        return mio__lua_failure(L, err);
    return send_outcome(L, send_at_once(L, exchange, &message), &message);
}

static int send_continue(lua_State *L, int status, lua_KContext ctx)
{
    const mio__lua_task *task = mio__lua_task_continued(L);
    mio__lua_stall *stall;
    mio__lua_stall_state state;

    (void)status;
    if (task == NULL)
        return lua_yieldk(L, 0, ctx, send_continue);
    stall = &((shared_stall *)lua_touserdata(L, SHARED_STALL))->stall;
    state = mio__lua_exchange_leave(stall);
    if (state == STALL_SERVED)
        return send_outcome(L, 0, &stall->message);
    mio__lua_cargo_hand_over(stall->message.cargo);
    mio__lua_message_release(&stall->message);
    if (state == STALL_CLOSED && task->outcome != WOKEN_DOOMED)
        return mio__lua_token(L, "closed");
    return mio__lua_task_not_woken(L, task);
}

/* The exchange was full. What may fail comes first; the sockets have been looked up in the
   value, which others may change while this task waits. */
static int send_wait(lua_State *L, mio__lua_task *task, mio__lua_exchange *exchange,
                     mio__lua_stall *stall)
{
    const int64_t timeout_ns = mio__lua_seconds_timeout(L, SHARED_ARGUMENTS);
    int err = -EPIPE;

    lua_toclose(L, SHARED_STALL);
    if (stall->message.cargo != NULL)
        mio__lua_cargo_push_anchor(L, SHARED_VALUE);
    if (mio__lua_cargo_take(L, stall->message.cargo))
        err = mio__lua_exchange_send_in(exchange, stall);
    if (err != -EAGAIN)
        return send_outcome(L, err, &stall->message);
    return mio__lua_task_park(L, task, &stall->call.waiter, "send", timeout_ns, 0,
                              send_continue);
}

/* channel:send(value [, seconds]), from the beginning */
static int send_start(lua_State *L, int status, lua_KContext ctx)
{
    mio__lua_exchange *exchange = shared_check(L)->exchange;
    mio__lua_task *task = mio__lua_task_continued(L);
    mio__lua_stall *stall;
    int err;

    (void)status;
    if (task == NULL)
        return lua_yieldk(L, 0, ctx, send_start);
    lua_settop(L, SHARED_ARGUMENTS); /* whoever resumed it has left his arguments above */
    task = mio__lua_task_check(L, "send");
    stall = stall_push(L, task);
    mio__lua_message_release(&stall->message); /* what an error has left */
    err = send_encode(L, exchange, &stall->message);
    if (err < 0)
        return mio__lua_failure(L, err);
    err = send_at_once(L, exchange, &stall->message);
    return err == -EAGAIN ? send_wait(L, task, exchange, stall)
                          : send_outcome(L, err, &stall->message);
}

static int shared_send(lua_State *L)
{
    mio__lua_task *task;

    shared_check(L);
    luaL_checkany(L, SHARED_VALUE);
    lua_settop(L, SHARED_ARGUMENTS);
    mio__lua_seconds_timeout(L, SHARED_ARGUMENTS);
    task = mio__lua_task_check(L, "send");
    if (mio__lua_task_spent(task))
        return mio__lua_task_pass(L, task, 0, send_start);
    return send_start(L, LUA_OK, 0);
}

/* ------------------------------------------------------------------ receiving */

/* Called with a pointer to a message: its value. */
static int recv_decode(lua_State *L)
{
    const mio__lua_message *message = lua_touserdata(L, 1);

    if (!mio__lua_message_decode(L, message))
        return luaL_error(L, "a message that makes no sense");
    return 1;
}

/* Push the value of a message that was received. Where memory runs out it goes back. */
static int recv_arrive(lua_State *L, mio__lua_exchange *exchange, mio__lua_message *message)
{
    mio__lua_message received = *message;

    *message = (mio__lua_message){.size = 0};
    lua_getiuservalue(L, lua_upvalueindex(1), STATE_RECV_DECODE);
    lua_pushlightuserdata(L, &received);
    if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
        mio__lua_exchange_return(exchange, &received);
        return lua_error(L);
    }
    mio__lua_exchange_keep(exchange);
    mio__lua_message_release(&received);
    return 1;
}

/* Where nothing was received. */
static int recv_failure(lua_State *L, int err)
{
    return err == -EPIPE ? mio__lua_token(L, "closed") : mio__lua_failure(L, err);
}

/* channel:try_recv() */
static int shared_try_recv(lua_State *L)
{
    mio__lua_exchange *exchange = shared_check(L)->exchange;
    mio__lua_message message;
    const int err = mio__lua_exchange_recv(exchange, &message);

    lua_settop(L, 1);
    return err < 0 ? recv_failure(L, err) : recv_arrive(L, exchange, &message);
}

/* What has come counts, though its time is up; but who is cancelled takes nothing with him: the
   next one gets it. */
static int recv_continue(lua_State *L, int status, lua_KContext ctx)
{
    mio__lua_exchange *exchange = shared_check(L)->exchange;
    const mio__lua_task *task = mio__lua_task_continued(L);
    mio__lua_stall *stall;
    mio__lua_stall_state state;

    (void)status;
    if (task == NULL)
        return lua_yieldk(L, 0, ctx, recv_continue);
    stall = &((shared_stall *)lua_touserdata(L, SHARED_STALL))->stall;
    state = mio__lua_exchange_leave(stall);
    if (state == STALL_SERVED && task->outcome != WOKEN_DOOMED)
        return recv_arrive(L, exchange, &stall->message);
    if (state == STALL_CLOSED && task->outcome != WOKEN_DOOMED)
        return mio__lua_token(L, "closed");
    if (state == STALL_SERVED)
        mio__lua_exchange_return(exchange, &stall->message);
    return mio__lua_task_not_woken(L, task);
}

/* channel:recv([seconds]), from the beginning */
static int recv_start(lua_State *L, int status, lua_KContext ctx)
{
    mio__lua_exchange *exchange = shared_check(L)->exchange;
    mio__lua_task *task = mio__lua_task_continued(L);
    mio__lua_stall *stall;
    int err;

    (void)status;
    if (task == NULL)
        return lua_yieldk(L, 0, ctx, recv_start);
    lua_settop(L, SHARED_ARGUMENTS);
    task = mio__lua_task_check(L, "recv");
    stall = stall_push(L, task);
    err = mio__lua_exchange_recv(exchange, &stall->message);
    if (err == 0)
        return recv_arrive(L, exchange, &stall->message);
    if (err != -EAGAIN)
        return recv_failure(L, err);
    lua_toclose(L, SHARED_STALL);
    err = mio__lua_exchange_recv_in(exchange, stall);
    if (err == 0)
        return recv_arrive(L, exchange, &stall->message);
    if (err != -EAGAIN)
        return recv_failure(L, err);
    return mio__lua_task_park(L, task, &stall->call.waiter, "recv",
                              mio__lua_seconds_timeout(L, 2), 0, recv_continue);
}

static int shared_recv(lua_State *L)
{
    mio__lua_task *task;

    shared_check(L);
    lua_settop(L, SHARED_ARGUMENTS);
    mio__lua_seconds_timeout(L, 2);
    task = mio__lua_task_check(L, "recv");
    if (mio__lua_task_spent(task))
        return mio__lua_task_pass(L, task, 0, recv_start);
    return recv_start(L, LUA_OK, 0);
}

/* The iterator of channel:messages(): its upvalues from the second on are the arguments of each
   call. */
static int messages_next(lua_State *L)
{
    lua_settop(L, 0);
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_pushvalue(L, lua_upvalueindex(3));
    return shared_recv(L);
}

static int shared_messages(lua_State *L)
{
    shared_check(L);
    lua_settop(L, 2);
    mio__lua_seconds_timeout(L, 2);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_pushcclosure(L, messages_next, 3);
    return 1;
}

/* ---------------------------------------------------------------------- class */

/* channel:close() and __close */
static int shared_close(lua_State *L)
{
    mio__lua_exchange_close(shared_check(L)->exchange);
    lua_pushboolean(L, 1);
    return 1;
}

static int shared_gc(lua_State *L)
{
    mio__lua_shared_channel *channel = shared_check(L);

    if (channel->exchange != NULL)
        mio__lua_exchange_unref(channel->exchange);
    channel->exchange = NULL;
    return 0;
}

static int shared_len(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)mio__lua_exchange_count(shared_check(L)->exchange));
    return 1;
}

static int shared_tostring(lua_State *L)
{
    const bool closed = mio__lua_exchange_is_closed(shared_check(L)->exchange);

    lua_pushfstring(L, "mio.shared_channel (%s)", closed ? "closed" : "open");
    return 1;
}

void mio__lua_shared_channel_open(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"send", shared_send},
        {"recv", shared_recv},
        {"try_send", shared_try_send},
        {"try_recv", shared_try_recv},
        {"close", shared_close},
        {"messages", shared_messages},
        {NULL, NULL},
    };
    static const luaL_Reg meta[] = {
        {"__gc", shared_gc},   {"__close", shared_close},
        {"__len", shared_len}, {"__tostring", shared_tostring},
        {NULL, NULL},
    };
    static const luaL_Reg stall_methods[] = {{NULL, NULL}};
    static const luaL_Reg stall_meta[] = {
        {"__gc", stall_end}, {"__close", stall_end}, {NULL, NULL}};

    mio__lua_class_define(L, CLASS_SHARED_CHANNEL, "mio.shared_channel", methods, meta);
    mio__lua_class_define(L, CLASS_STALL, "mio.stall", stall_methods, stall_meta);
    mio__lua_state_keep(L, STATE_RECV_DECODE, recv_decode);
}
