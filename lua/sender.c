#include "sender.h"

#include "message.h"
#include "result.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char ticket_prefix[] = "mio.sender:";

/* ------------------------------------------------------------------- objects */

mio__lua_sender *mio__lua_sender_new(lua_State *L, bool wakes)
{
    return mio__lua_class_new(L, wakes ? CLASS_WAKER : CLASS_SENDER, sizeof(mio__lua_sender),
                              0);
}

void mio__lua_sender_push(lua_State *L, mio__lua_port *port)
{
    mio__lua_sender *sender = mio__lua_sender_new(L, mio__lua_port_wakes(port));

    sender->port = mio__lua_port_ref(port); /* after what may raise an error */
}

bool mio__lua_sender_fill(mio__lua_sender *sender, mio_channel *channel, size_t bytes_max)
{
    const bool wakes = sender->object.tag == mio__lua_class_tag(CLASS_WAKER);

    sender->port = mio__lua_port_new(channel, wakes, bytes_max);
    return sender->port != NULL;
}

static mio__lua_sender *sender_test(lua_State *L, int index)
{
    mio__lua_sender *sender = mio__lua_class_test(L, index, CLASS_SENDER, sizeof *sender);

    return sender != NULL ? sender : mio__lua_class_test(L, index, CLASS_WAKER, sizeof *sender);
}

mio__lua_port *mio__lua_sender_port(lua_State *L, int index, bool *ret_closed)
{
    const mio__lua_sender *sender = sender_test(L, index);

    *ret_closed = sender != NULL && sender->port == NULL;
    return sender != NULL ? sender->port : NULL;
}

static mio__lua_sender *sender_check(lua_State *L)
{
    mio__lua_sender *sender = sender_test(L, 1);

    luaL_argexpected(L, sender != NULL, 1, "mio.sender");
    return sender;
}

/* ------------------------------------------------------------------- methods */

/* What a send has come to; where it failed the message is still ours. */
static int sender_outcome(lua_State *L, int err, mio__lua_message *message)
{
    if (err == 0) {
        lua_pushboolean(L, 1);
        return 1;
    }
    mio__lua_message_release(message);
    if (err == -EAGAIN)
        return mio__lua_token(L, "full");
    return err == -EPIPE ? mio__lua_token(L, "closed") : mio__lua_failure(L, err);
}

/* sender:send(value) */
static int sender_send(lua_State *L)
{
    const mio__lua_sender *sender =
        mio__lua_class_check(L, 1, CLASS_SENDER, sizeof(mio__lua_sender));
    mio__lua_message message;
    int err;

    luaL_checkany(L, 2);
    lua_settop(L, 2);
    if (sender->port == NULL)
        return mio__lua_token(L, "closed");
    err = mio__lua_message_encode(L, 2, &message);
    if (err < 0)
        return mio__lua_failure(L, err);
    return sender_outcome(L, mio__lua_message_send(&message, sender->port), &message);
}

/* waker:wake(); a channel that is full has a wake that nobody has seen yet */
static int waker_wake(lua_State *L)
{
    const mio__lua_sender *waker =
        mio__lua_class_check(L, 1, CLASS_WAKER, sizeof(mio__lua_sender));
    const mio__lua_message message = {.size = 0};
    const int err = waker->port != NULL ? mio__lua_port_send(waker->port, &message) : -EPIPE;

    if (err == -EPIPE)
        return mio__lua_token(L, "closed");
    return mio__lua_outcome(L, err == -EAGAIN ? 0 : err);
}

/* sender:export() */
static int sender_export(lua_State *L)
{
    const mio__lua_sender *sender = sender_check(L);
    char digits[17];

    if (sender->port == NULL)
        return mio__lua_token(L, "closed");
    snprintf(digits, sizeof digits, "%016" PRIx64, mio__lua_port_ticket(sender->port));
    lua_pushfstring(L, "%s%s", ticket_prefix, digits);
    return 1;
}

static int ticket_digit(char letter)
{
    if (letter >= '0' && letter <= '9')
        return letter - '0';
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* The number of a ticket; false for any other text. */
static bool ticket_parse(const char *text, size_t size, uint64_t *ret_ticket)
{
    const size_t prefix = sizeof ticket_prefix - 1;
    uint64_t ticket = 0;

    if (size != prefix + 16 || memcmp(text, ticket_prefix, prefix) != 0)
        return false;
    for (size_t i = prefix; i < size; i++) {
        const int digit = ticket_digit(text[i]);

        if (digit < 0)
            return false;
        ticket = ticket << 4 | (unsigned)digit;
    }
    *ret_ticket = ticket;
    return true;
}

/* mio.sender(ticket). The object comes first: making it may raise an error. */
int mio__lua_sender_import(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    mio__lua_sender *sender = mio__lua_class_new(L, CLASS_SENDER, sizeof *sender, 0);
    mio__lua_port *port;
    uint64_t ticket = 0;

    luaL_argcheck(L, ticket_parse(text, size, &ticket), 1, "no ticket of sender:export()");
    port = mio__lua_port_find(ticket);
    if (port == NULL)
        return mio__lua_token(L, "closed");
    sender->port = port;
    if (mio__lua_port_wakes(port)) {
        mio__lua_sender_push(L, port);
        sender->port = NULL;
        mio__lua_port_unref(port);
    }
    return 1;
}

/* sender:close(), __gc and __close */
static int sender_close(lua_State *L)
{
    mio__lua_sender *sender = sender_check(L);
    mio__lua_port *port = sender->port;

    sender->port = NULL;
    if (port != NULL)
        mio__lua_port_unref(port);
    lua_pushboolean(L, 1);
    return 1;
}

static int sender_tostring(lua_State *L)
{
    const mio__lua_sender *sender = sender_check(L);
    const bool wakes = mio__lua_class_test(L, 1, CLASS_WAKER, sizeof *sender) != NULL;

    lua_pushfstring(L, "mio.%s (%s)", wakes ? "waker" : "sender",
                    sender->port != NULL ? "open" : "closed");
    return 1;
}

/* ------------------------------------------------------------------- the host */

int mio_lua_sender_get(lua_State *L, int index, mio_lua_sender **ret_sender)
{
    const mio__lua_sender *sender = sender_test(L, index);

    if (sender == NULL || sender->port == NULL || mio__lua_port_wakes(sender->port) ||
        ret_sender == NULL)
        return -EINVAL;
    *ret_sender = mio__lua_port_ref(sender->port);
    return 0;
}

int mio_lua_sender_send(mio_lua_sender *sender, const char *bytes, size_t size)
{
    mio__lua_message message;
    int err = mio__lua_message_encode_string(bytes, size, &message);

    if (err < 0)
        return err;
    err = mio__lua_message_send(&message, sender);
    if (err < 0)
        mio__lua_message_release(&message);
    return err;
}

void mio_lua_sender_unref(mio_lua_sender *sender)
{
    if (sender != NULL)
        mio__lua_port_unref(sender);
}

/* ------------------------------------------------------------------- opening */

void mio__lua_sender_open(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"send", sender_send},
        {"export", sender_export},
        {"close", sender_close},
        {NULL, NULL},
    };
    static const luaL_Reg waker_methods[] = {
        {"wake", waker_wake},
        {"export", sender_export},
        {"close", sender_close},
        {NULL, NULL},
    };
    static const luaL_Reg meta[] = {
        {"__gc", sender_close},
        {"__close", sender_close},
        {"__tostring", sender_tostring},
        {NULL, NULL},
    };

    mio__lua_class_define(L, CLASS_SENDER, "mio.sender", methods, meta);
    mio__lua_class_define(L, CLASS_WAKER, "mio.waker", waker_methods, meta);
}
