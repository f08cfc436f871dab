/*
 * What all functions of the module share in one Lua state, and the classes of its objects.
 *
 * Every function of the module is a closure whose first upvalue is the mio__lua_state. There
 * is one in a Lua state, however often the module is loaded.
 *
 * An object is a full userdata that begins with a tag. Its class is known by its size, which
 * Lua tells, and the tag: a third of what asking for the metatable costs, and this check is
 * made some four times a request. The tag is an address within this module, which differs from
 * process to process and which nothing tells a program: so a userdata of another library has it
 * neither by chance nor by design, and one of a second copy of this module has that copy's. The
 * metatable is hidden by __metatable = false.
 *
 * An object is made first, empty, and given its resource after: if memory runs out in
 * between, there is nothing to leak.
 */
#ifndef MIO__LUA_STATE_H
#define MIO__LUA_STATE_H

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum mio__lua_class {
    CLASS_ADDRESS,
    CLASS_BATCH,
    CLASS_BUFFER,
    CLASS_CHANNEL,
    CLASS_DATAGRAM,
    CLASS_DUMP,
    CLASS_LISTENER,
    CLASS_LOOP,
    CLASS_PARK,
    CLASS_PASSED,
    CLASS_POLL,
    CLASS_PROCESS,
    CLASS_REGISTRATION,
    CLASS_RUNNING,
    CLASS_SCHEDULER,
    CLASS_SENDER,
    CLASS_SHARED_CHANNEL,
    CLASS_SIGNALS,
    CLASS_STALL,
    CLASS_STREAM,
    CLASS_TASK,
    CLASS_THREAD,
    CLASS_TIMER,
    CLASS_WAKER,
    CLASS_COUNT
} mio__lua_class;

enum { MIO__LUA_SCRATCH = 65536 };

/* The first member of every object. */
typedef struct mio__lua_object {
    uint32_t tag; /* mio__lua_class_tag() */
} mio__lua_object;

struct mio__lua_process;
struct mio__lua_scheduler;

typedef struct mio__lua_state {
    struct mio__lua_scheduler *scheduler; /* of mio.run(); NULL where it does not run */
    struct mio__lua_process *processes;   /* those that have not ended, as far as is known */
    bool opened;                          /* the classes are defined */
    char scratch[MIO__LUA_SCRATCH];       /* what a read fills before it becomes a string */
} mio__lua_state;

/* User values of the state: the metatables by class, from 1 on, then these. */
enum {
    STATE_ADDRESSES = CLASS_COUNT + 1, /* bytes of an address -> object; weak values */
    STATE_LOOPS,                       /* pointer to a mio__lua_loop -> object; weak values */
    STATE_RUNNERS,      /* pointer to a mio__lua_loop -> coroutine; weak values */
    STATE_ATTACHED,     /* pointer to a mio_loop of a host -> object */
    STATE_TASKS,        /* pointer to a mio__lua_task -> object */
    STATE_TASK_BODY,    /* what the coroutine of a task runs */
    STATE_UNREAD,       /* address of a stream -> what it has still to give: unread.h */
    STATE_LIBRARY,      /* what the files in lua/mio/ have made: see library.c */
    STATE_POLL_NEXT,    /* the iterator of poll:wait() */
    STATE_ACCEPT_NEXT,  /* the iterator of listener:try_accepts() */
    STATE_RECV_DECODE,  /* makes the value of a message that was received */
    STATE_THREAD_KEEP,  /* of lua/mio/thread.lua: has a task keep a thread; ... */
    STATE_THREAD_BODY,  /* ... runs the function of a thread, in its own state */
    STATE_PASSED,       /* a mio__lua_passed that is empty, or nil */
    STATE_EMBED_ATTACH, /* what the functions of mio/lua.h run in */
    STATE_EMBED_DETACH,
    STATE_EMBED_DISPATCH,
    STATE_VALUES = STATE_EMBED_DISPATCH
};

/* Push this Lua state's mio__lua_state, made at the first call. */
void mio__lua_state_push(lua_State *L);

/* Push it where the module has been opened, else nothing. Never raises an error. */
bool mio__lua_state_find(lua_State *L);

/*
 * Define a class, with the state as the first upvalue of all its functions. The state is on
 * the top of the stack, and stays there.
 *
 *   methods   found by obj:name(); the class's __index unless `meta` has one, which then
 *             gets the table of methods as its second upvalue
 *   meta      metamethods, or NULL
 */
void mio__lua_class_define(lua_State *L, mio__lua_class class, const char *name,
                           const luaL_Reg *methods, const luaL_Reg *meta);

/* Make `function` a closure of the module, and keep it as a user value of the state, which is
   on top. */
void mio__lua_state_keep(lua_State *L, int value, lua_CFunction function);

/* How much an argument lets a call read: its bytes or, where it is none, nil or more than that,
   as much as the scratch buffer holds. Raises for less than one. */
size_t mio__lua_scratch_read_size(lua_State *L, int arg);

static inline size_t mio__lua_scratch_check_size(lua_State *L, int arg)
{
    return lua_gettop(L) < arg ? (size_t)MIO__LUA_SCRATCH : mio__lua_scratch_read_size(L, arg);
}

/* A length that is not negative as a size of which two can be added: there is none above. */
static inline size_t mio__lua_size_of(lua_Integer length)
{
    return (lua_Unsigned)length < SIZE_MAX / 2 ? (size_t)length : SIZE_MAX / 2;
}

/* Push a new object, all zero, with `values` user values. */
void *mio__lua_class_new(lua_State *L, mio__lua_class class, size_t size, int values);

/* Raise the error that the argument is not of `class`. */
int mio__lua_class_refuse(lua_State *L, int arg, mio__lua_class class);

/* One byte a class: what counts is where it lies. */
extern const char mio__lua_class_places[CLASS_COUNT];

/* What the objects of a class begin with: the low half of an address is enough. */
static inline uint32_t mio__lua_class_tag(mio__lua_class class)
{
    return (uint32_t)(uintptr_t)&mio__lua_class_places[class];
}

/* The object at `arg` if it is one of `class`, whose objects have `size` bytes; else NULL. */
static inline void *mio__lua_class_test(lua_State *L, int arg, mio__lua_class class,
                                        size_t size)
{
    mio__lua_object *object;

    if (lua_rawlen(L, arg) != size)
        return NULL;
    object = lua_touserdata(L, arg);
    return object != NULL && object->tag == mio__lua_class_tag(class) ? object : NULL;
}

/* The same, but anything else raises an error that names the class. */
static inline void *mio__lua_class_check(lua_State *L, int arg, mio__lua_class class,
                                         size_t size)
{
    void *object = mio__lua_class_test(L, arg, class, size);

    if (object == NULL)
        mio__lua_class_refuse(L, arg, class);
    return object;
}

/* The state, inside a function of the module. */
static inline mio__lua_state *mio__lua_state_get(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

#endif
