/*
 * The Lua binding, for a host program that has a Lua state of its own.
 *
 * A host that only wants require("mio") to work in its state needs luaL_requiref() with
 * luaopen_mio(). A host that also owns the loop attaches it: handlers in Lua and handlers in C
 * then share one loop, which the host runs.
 */
#ifndef MIO_LUA_H
#define MIO_LUA_H

#include "mio/loop.h"

struct lua_State;

/* What the senders of one Lua channel share: how threads of the host, without a Lua state, send
   to a handler in Lua. */
typedef struct mio_lua_sender mio_lua_sender;

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Open the module: a lua_CFunction that pushes its table.
 *
 * Behaviour: luaL_requiref(L, "mio", luaopen_mio, 0) makes require("mio") find it. Opening it
 * again in the same state gives another table with the same functions and classes.
 *
 * Returns 1. Raises an error of Lua where memory runs out.
 *
 * Thread: that of L. Cost: about 250 KiB, a buffer of 64 KiB among them; some milliseconds.
 */
MIO_API int luaopen_mio(struct lua_State *L);

/*
 * Push a loop of the host as an object of Lua, like those that mio.loop() makes.
 *
 * Lua code registers sources, timers and signals with it, and the host, which polls the loop,
 * hands their events to mio_lua_dispatch(). Lua code can shut it down, but neither run nor
 * close it. Attaching it again pushes the same object.
 *
 *   L      the module must have been opened in it
 *   loop   the host's; close L, or call mio_lua_detach(), before freeing it
 *
 * Returns 0 with the object pushed, or -errno with nothing pushed:
 *   -EINVAL   the module has not been opened in L
 *   -ENOMEM   Lua has no memory
 *
 * Thread: that of L, which must be the loop's own. Cost: a few hundred bytes.
 */
MIO_API int mio_lua_attach(struct lua_State *L, mio_loop *loop);

/*
 * End everything that Lua code has registered with a loop of the host, and forget the loop.
 * Its object in Lua is closed from then on.
 *
 * Returns 0, or -ENOENT where it was not attached.
 *
 * Thread: that of L. Not from within mio_lua_dispatch(). Cost: a system call a registration.
 */
MIO_API int mio_lua_detach(struct lua_State *L, mio_loop *loop);

/*
 * Call the Lua handler of an event, if it has one.
 *
 *   L       the state that the loop is attached to
 *   event   as mio_loop_next() gave it, or as a handler of mio_loop_run() got it
 *
 * Returns
 *   1            a handler was called
 *   0            the event is not one of Lua's: it is the host's
 *   -ECANCELED   the handler raised an error: it is on top of L's stack (the host pops it), a
 *                string with its traceback where it was a string
 *   -ENOENT      the loop is not attached to L
 *   -ENOMEM      the stack of L cannot grow
 *
 * Thread: that of L. Cost: a protected call.
 */
MIO_API int mio_lua_dispatch(struct lua_State *L, mio_loop *loop, const mio_event *event);

/*
 * Hold the channel of a sender of Lua, for a thread of the host.
 *
 *   index        of what loop:channel() has returned first, or mio.sender()
 *   ret_sender   to be given to mio_lua_sender_unref(); until then the channel goes on
 *
 * Returns 0, or
 *   -EINVAL   no sender, or one that is closed; `ret_sender` is NULL
 *
 * Thread: that of L. Cost: a lock.
 */
MIO_API int mio_lua_sender_get(struct lua_State *L, int index, mio_lua_sender **ret_sender);

/*
 * Send a string. The handler gets it as a message.
 *
 *   bytes, size   copied; up to some 40 bytes without an allocation
 *
 * Returns 0, or
 *   -EAGAIN     the channel is full
 *   -EPIPE      the channel was closed
 *   -ESTALE     as mio_sender_send()
 *   -ENOMEM     no memory for a long one
 *   -EMSGSIZE   more than 16 MiB
 *
 * Thread: any. Cost: that of mio_sender_send().
 */
MIO_API int mio_lua_sender_send(mio_lua_sender *sender, const char *bytes, size_t size);

/*
 * Let it go.
 *
 *   sender   NULL is fine
 *
 * Thread: any. Cost: a lock; for the last one that of mio_sender_unref().
 */
MIO_API void mio_lua_sender_unref(mio_lua_sender *sender);

#ifdef __cplusplus
}
#endif

#endif
