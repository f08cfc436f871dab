#include "registration.h"

#include "names.h"
#include "options.h"
#include "park.h"
#include "process.h"
#include "result.h"
#include "seconds.h"
#include "signal_names.h"
#include "slots.h"

#include "mio/child.h"
#include "mio/signal.h"

#include <errno.h>

/* ----------------------------------------------------------------- arguments */

const char *const mio__lua_trigger_names[] = {"level", "edge", "oneshot", NULL};

static mio_interest registration_check_interest(lua_State *L, int arg)
{
    mio_interest interest = 0;
    size_t size;
    const char *letters = luaL_checklstring(L, arg, &size);

    for (size_t i = 0; i < size; i++) {
        mio_interest bit = letters[i] == 'r'   ? MIO_READABLE
                           : letters[i] == 'w' ? MIO_WRITABLE
                           : letters[i] == 'p' ? MIO_PRIORITY
                                               : 0;
        if (bit == 0) {
            interest = 0;
            break;
        }
        interest |= bit;
    }
    luaL_argcheck(L, interest != 0, arg, "interest is made of 'r', 'w' and 'p', one at least");
    return interest;
}

static mio_trigger registration_check_trigger(lua_State *L, int arg, mio_trigger trigger)
{
    int chosen = (int)trigger;
    const mio__lua_option known[] = {
        {"trigger", OPTION_CHOICE, &chosen, mio__lua_trigger_names}};

    mio__lua_options_read(L, arg, known, 1);
    return (mio_trigger)chosen;
}

/* ------------------------------------------------------------------- its life */

void mio__lua_registration_leave(mio__lua_registration *registration)
{
    mio__lua_registration **link;

    if (registration->source == NULL)
        return;
    link = &registration->source->registrations;
    while (*link != registration)
        link = &(*link)->next;
    *link = registration->next;
    registration->source = NULL;
}

void mio__lua_registration_forget(mio__lua_registration *registration)
{
    registration->loop = NULL;
    if (registration->object.tag == mio__lua_class_tag(CLASS_PARK))
        mio__lua_park_forget((mio__lua_park *)registration);
    mio__lua_registration_leave(registration);
}

void mio__lua_registration_end(lua_State *L, mio__lua_registration *registration)
{
    if (registration->loop == NULL)
        return;
    mio_loop_deregister(registration->loop->core, registration->id);
    if (mio__lua_loop_push_slots(L, registration->loop, registration->slots) == LUA_TTABLE)
        mio__lua_slots_clear(L, lua_gettop(L), registration->id);
    lua_pop(L, 1);
    mio__lua_registration_forget(registration);
}

/*
 * The core may have ended a registration by itself, because its descriptor was closed behind
 * it. Its object is told when the slot gets another one, at the latest.
 */
static void registration_take_slot(lua_State *L, int table, uint64_t id)
{
    if (mio__lua_slots_get(L, table, id, SLOT_OBJECT) == LUA_TUSERDATA)
        mio__lua_registration_forget(lua_touserdata(L, -1));
    lua_pop(L, 1);
}

void mio__lua_registration_bind(lua_State *L, mio__lua_loop *loop,
                                mio__lua_registration *registration, int table)
{
    registration->loop = loop;
    if (registration->source != NULL) {
        registration->next = registration->source->registrations;
        registration->source->registrations = registration;
    }
    registration_take_slot(L, table, registration->id);
    if (mio__lua_slots_set(L, table, registration->id) == LUA_OK)
        return;
    mio_loop_deregister(loop->core, registration->id);
    mio__lua_registration_forget(registration);
    lua_error(L);
}

/* The same for a registration that the program gets. The loop is at index 1; its own value is
   asked for the table, for it may be on its way to be collected. */
static int registration_bind(lua_State *L, mio__lua_loop *loop,
                             mio__lua_registration *registration, int handler, int source)
{
    const int object = lua_gettop(L);

    lua_getiuservalue(L, 1, registration->slots);
    lua_pushvalue(L, object);
    lua_pushvalue(L, handler);
    lua_pushvalue(L, source);
    mio__lua_registration_bind(L, loop, registration, object + 1);
    lua_pop(L, 1);
    return 1;
}

static mio__lua_registration *registration_push(lua_State *L)
{
    return mio__lua_class_new(L, CLASS_REGISTRATION, sizeof(mio__lua_registration), 0);
}

/* Making the object may collect garbage, and asking a source runs its code: both may close the
   loop, so it is looked at after them. */
int mio__lua_registration_new(lua_State *L, mio__lua_loop *loop, int handler, int interest,
                              int options)
{
    const mio_interest wanted = registration_check_interest(L, interest);
    const mio_trigger trigger = registration_check_trigger(L, options, MIO_LEVEL);
    mio__lua_registration *registration = registration_push(L);
    const mio_fd fd = mio__lua_source_fd(L, 2);
    int err;

    if (fd < 0 || loop->core == NULL)
        return mio__lua_token(L, "closed");
    err = mio_loop_register(loop->core, fd, wanted, trigger, 0, &registration->id);
    if (err < 0)
        return mio__lua_failure(L, err);
    registration->source = mio__lua_source_test(L, 2);
    registration->slots = LOOP_REGISTRATIONS;
    registration->trigger = (uint8_t)trigger;
    return registration_bind(L, loop, registration, handler, 2);
}

int mio__lua_registration_new_signal(lua_State *L, mio__lua_loop *loop, int handler)
{
    const int number = mio__lua_signal_check(L, 2, true);
    mio__lua_registration *registration = registration_push(L);
    int err;

    if (loop->core == NULL)
        return mio__lua_token(L, "closed");
    err = mio_loop_signal(loop->core, number, 0, &registration->id);
    if (err == -EINVAL)
        return luaL_argerror(L, 2, "this signal cannot be caught");
    if (err < 0)
        return mio__lua_failure(L, err);
    registration->slots = LOOP_SIGNALS;
    return registration_bind(L, loop, registration, handler, 2);
}

int mio__lua_registration_new_child(lua_State *L, mio__lua_loop *loop, int handler)
{
    const int pid = mio__lua_process_pid(L, 2);
    mio__lua_registration *registration = registration_push(L);
    int err;

    if (loop->core == NULL)
        return mio__lua_token(L, "closed");
    err = pid == 0 ? -ESRCH : mio_loop_child(loop->core, pid, 0, &registration->id);
    if (err < 0)
        return mio__lua_failure(L, err);
    registration->slots = LOOP_CHILDREN;
    return registration_bind(L, loop, registration, handler, 2);
}

/* -------------------------------------------------------------------- methods */

static mio__lua_registration *registration_check(lua_State *L)
{
    return mio__lua_class_check(L, 1, CLASS_REGISTRATION, sizeof(mio__lua_registration));
}

static const char *registration_kind(const mio__lua_registration *registration)
{
    return registration->slots == LOOP_SIGNALS ? "signal" : "child";
}

/* The result of a call of the core, which may have found out that the registration is over. */
static int registration_outcome(lua_State *L, mio__lua_registration *registration, int err)
{
    if (err == -EBADF || err == -ENOENT)
        mio__lua_registration_end(L, registration);
    return err == -ENOENT ? mio__lua_token(L, "closed") : mio__lua_outcome(L, err);
}

/* registration:reregister(interest [, options]) */
static int registration_reregister(lua_State *L)
{
    mio__lua_registration *registration = registration_check(L);
    const mio_interest interest = registration_check_interest(L, 2);
    const mio_trigger trigger =
        registration_check_trigger(L, 3, (mio_trigger)registration->trigger);
    int err;

    if (registration->loop == NULL)
        return mio__lua_token(L, "closed");
    if (registration->slots != LOOP_REGISTRATIONS)
        return luaL_error(L, "reregister: a %s has no interest to change",
                          registration_kind(registration));
    err = mio_loop_reregister(registration->loop->core, registration->id, interest, trigger);
    if (err == 0)
        registration->trigger = (uint8_t)trigger;
    return registration_outcome(L, registration, err);
}

/* registration:pause(seconds) */
static int registration_pause(lua_State *L)
{
    mio__lua_registration *registration = registration_check(L);
    const int64_t delay_ns = mio__lua_seconds_check(L, 2);
    int err;

    if (registration->loop == NULL)
        return mio__lua_token(L, "closed");
    if (registration->slots != LOOP_REGISTRATIONS)
        return luaL_error(L, "pause: a %s cannot be paused", registration_kind(registration));
    err = mio_loop_pause(registration->loop->core, registration->id, delay_ns);
    return registration_outcome(L, registration, err);
}

/* registration:deregister(), __gc and __close */
static int registration_deregister(lua_State *L)
{
    mio__lua_registration_end(L, registration_check(L));
    lua_pushboolean(L, 1);
    return 1;
}

/* The source of a live registration: what register was given; a signal's name or number;
   a child's object or number. */
static int registration_push_source(lua_State *L, const mio__lua_registration *registration)
{
    if (registration->loop == NULL ||
        mio__lua_loop_push_slots(L, registration->loop, registration->slots) != LUA_TTABLE)
        lua_pushnil(L);
    else
        mio__lua_slots_get(L, -1, registration->id, SLOT_SOURCE);
    return 1;
}

/* registration.source, or a method */
static int registration_index(lua_State *L)
{
    const mio__lua_registration *registration = registration_check(L);

    if (mio__lua_name_is(L, 2, "source"))
        return registration_push_source(L, registration);
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(2));
    return 1;
}

static int registration_tostring(lua_State *L)
{
    const mio__lua_registration *registration = registration_check(L);

    lua_pushfstring(L, "mio.registration (%s)", registration->loop != NULL ? "live" : "ended");
    return 1;
}

void mio__lua_registration_open(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"reregister", registration_reregister},
        {"pause", registration_pause},
        {"deregister", registration_deregister},
        {NULL, NULL},
    };
    static const luaL_Reg meta[] = {
        {"__index", registration_index},
        {"__gc", registration_deregister},
        {"__close", registration_deregister},
        {"__tostring", registration_tostring},
        {NULL, NULL},
    };

    mio__lua_class_define(L, CLASS_REGISTRATION, "mio.registration", methods, meta);
}
