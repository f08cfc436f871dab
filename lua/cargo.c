/* NOLINTBEGIN(misc-no-recursion): as deep as a message */
#include "cargo.h"

#include "datagram.h"
#include "listener.h"
#include "park.h"
#include "shared_channel.h"
#include "stream.h"

#include "mio/socket.h"

#include <stdlib.h>
#include <string.h>

/* -------------------------------------------------------------------- packing */

/* The socket at `index` if it is one that can move, or NULL; and what there is to know of it.
 */
static mio__lua_source *cargo_socket(lua_State *L, int index, mio__lua_cargo_item *ret_item)
{
    mio__lua_stream *stream = mio__lua_class_test(L, index, CLASS_STREAM, sizeof *stream);
    mio__lua_listener *listener =
        mio__lua_class_test(L, index, CLASS_LISTENER, sizeof *listener);
    mio__lua_datagram *datagram =
        mio__lua_class_test(L, index, CLASS_DATAGRAM, sizeof *datagram);

    *ret_item = (mio__lua_cargo_item){.fd = -1};
    if (stream != NULL) {
        ret_item->class = CLASS_STREAM;
        ret_item->variant = stream->kind;
    } else if (listener != NULL) {
        ret_item->class = CLASS_LISTENER;
        ret_item->variant = (int)listener->type;
        ret_item->high_water = listener->high_water;
    } else if (datagram != NULL) {
        ret_item->class = CLASS_DATAGRAM;
        ret_item->variant = datagram->has_end;
    } else {
        return NULL;
    }
    ret_item->object = lua_touserdata(L, index);
    return ret_item->object;
}

bool mio__lua_cargo_is(lua_State *L, int index)
{
    mio__lua_cargo_item item;

    return mio__lua_shared_channel_test(L, index) != NULL ||
           cargo_socket(L, index, &item) != NULL;
}

/* Bytes that are this state's would not arrive. */
static const char *add_refuse_stream(lua_State *L, const mio__lua_stream *stream)
{
    mio__lua_park *park = mio__lua_park_find(&stream->source);

    if (stream->kind == STREAM_INHERITED)
        return "a standard stream";
    if (park != NULL && park->bytes != NULL)
        return "a stream that is being read";
    if (stream->unread || stream->lost ||
        (park != NULL && mio__lua_bytes_length(&park->in) > 0))
        return "a stream with bytes that were read ahead";
    if (park != NULL && park->is_written)
        mio__lua_park_flush(L, park);
    if (park != NULL && mio__lua_bytes_length(&park->out) > 0)
        return "a stream with bytes that are not sent yet";
    return NULL;
}

static const char *add_refuse(lua_State *L, const mio__lua_cargo_list *list,
                              const mio__lua_cargo_item *item)
{
    const mio__lua_source *source = item->object;

    if (source->fd < 0)
        return "a closed socket";
    for (size_t place = 0; place < list->count; place++)
        if (list->items[place].object == source)
            return "a socket that is in it already";
    return item->class == CLASS_STREAM ? add_refuse_stream(L, item->object) : NULL;
}

const char *mio__lua_cargo_add(lua_State *L, mio__lua_cargo_list *list, int index)
{
    mio__lua_cargo_item item;
    const char *refusal = NULL;

    if (list->count == CARGO_MAX)
        return "more than 64 sockets and shared channels";
    if (cargo_socket(L, index, &item) != NULL)
        refusal = add_refuse(L, list, &item);
    else
        item.exchange = mio__lua_shared_channel_test(L, index);
    if (refusal == NULL)
        list->items[list->count++] = item;
    return refusal;
}

bool mio__lua_cargo_pack(const mio__lua_cargo_list *list, mio__lua_cargo **ret_cargo)
{
    const size_t size = list->count * sizeof *list->items;
    mio__lua_cargo *cargo = NULL;

    if (list->count > 0) {
        cargo = malloc(sizeof *cargo + size);
        if (cargo == NULL)
            return false;
        cargo->count = list->count;
        memcpy(cargo->items, list->items, size);
        for (size_t place = 0; place < cargo->count; place++)
            if (cargo->items[place].exchange != NULL)
                mio__lua_exchange_ref(cargo->items[place].exchange);
    }
    *ret_cargo = cargo;
    return true;
}

/* -------------------------------------------------------------------- anchors */

/* Put the sockets within the value on top, which is popped, into the table at `anchor`. */
static void anchor_add(lua_State *L, int anchor)
{
    const int index = lua_gettop(L);
    mio__lua_cargo_item item;

    luaL_checkstack(L, LUA_MINSTACK, NULL);
    if (lua_type(L, index) == LUA_TTABLE) {
        lua_pushnil(L);
        while (lua_next(L, index) != 0)
            anchor_add(L, anchor);
    } else if (cargo_socket(L, index, &item) != NULL) {
        lua_pushvalue(L, index);
        lua_rawseti(L, anchor, (lua_Integer)lua_rawlen(L, anchor) + 1);
    }
    lua_settop(L, index - 1);
}

void mio__lua_cargo_push_anchor(lua_State *L, int index)
{
    lua_newtable(L);
    lua_pushvalue(L, index);
    anchor_add(L, lua_gettop(L) - 1);
}

/* --------------------------------------------------------------------- moving */

static void take_spare(const mio__lua_cargo_item *item)
{
    mio__lua_listener *listener = item->object;

    if (item->class != CLASS_LISTENER || listener->spare < 0)
        return;
    mio_close(listener->spare);
    listener->spare = -1;
}

bool mio__lua_cargo_take(lua_State *L, mio__lua_cargo *cargo)
{
    const size_t count = cargo != NULL ? cargo->count : 0;

    for (size_t place = 0; place < count; place++) {
        const mio__lua_cargo_item *item = &cargo->items[place];

        if (item->exchange == NULL && ((mio__lua_source *)item->object)->fd < 0)
            return false;
    }
    for (size_t place = 0; place < count; place++) {
        mio__lua_cargo_item *item = &cargo->items[place];

        if (item->exchange != NULL)
            continue;
        item->fd = ((mio__lua_source *)item->object)->fd;
        mio__lua_source_leave(L, item->object);
        take_spare(item);
    }
    return true;
}

/* A listener without a spare mends that by itself, when it sheds. */
void mio__lua_cargo_hand_over(mio__lua_cargo *cargo)
{
    for (size_t place = 0; cargo != NULL && place < cargo->count; place++) {
        mio__lua_cargo_item *item = &cargo->items[place];

        if (item->object == NULL || item->fd < 0)
            continue;
        ((mio__lua_source *)item->object)->fd = item->fd;
        item->fd = -1;
        if (item->class == CLASS_LISTENER)
            mio_spare_open(&((mio__lua_listener *)item->object)->spare);
    }
}

void mio__lua_cargo_arrive(mio__lua_cargo *cargo)
{
    for (size_t place = 0; cargo != NULL && place < cargo->count; place++)
        cargo->items[place].object = NULL;
}

static void *push_socket(lua_State *L, const mio__lua_cargo_item *item)
{
    mio__lua_listener *listener;
    mio__lua_stream *stream;

    if (item->class == CLASS_DATAGRAM)
        return mio__lua_datagram_new(L, item->variant != 0);
    if (item->class == CLASS_LISTENER) {
        listener = mio__lua_listener_new(L, (mio_socket_type)item->variant);
        listener->high_water = item->high_water;
        return listener;
    }
    stream = mio__lua_stream_new(L);
    stream->kind = (uint8_t)item->variant;
    return stream;
}

bool mio__lua_cargo_push(lua_State *L, mio__lua_cargo *cargo, size_t place)
{
    if (cargo == NULL || place >= cargo->count)
        return false;
    if (cargo->items[place].exchange != NULL)
        mio__lua_shared_channel_push(L, cargo->items[place].exchange);
    else
        cargo->items[place].object = push_socket(L, &cargo->items[place]);
    return true;
}

void mio__lua_cargo_release(mio__lua_cargo *cargo)
{
    for (size_t place = 0; cargo != NULL && place < cargo->count; place++) {
        const mio__lua_cargo_item *item = &cargo->items[place];

        if (item->exchange != NULL)
            mio__lua_exchange_unref(item->exchange);
        else if (item->fd >= 0)
            mio_close(item->fd);
    }
    free(cargo);
}
/* NOLINTEND(misc-no-recursion) */
