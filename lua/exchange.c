#include "exchange.h"

#include "forked.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { EXCHANGE_ROOM = 4 };

typedef struct exchange_list {
    mio__lua_stall *first, *last;
} exchange_list;

struct mio__lua_exchange {
    atomic_size_t refs;
    unsigned generation; /* of forks, as it was made */
    pthread_mutex_t lock;
    size_t capacity;
    mio__lua_message *ring; /* `count` from `first` on, of `room`; a power of 2 */
    size_t room, first, count;
    size_t lent; /* received, and neither kept nor returned */
    bool closed;
    exchange_list senders, receivers;
    mio__lua_exchange *next_dying;
};

/* Those that nobody refers to any more, in this thread. Freeing one may free more of them: by a
   list, for a chain of calls could be as long as there is memory for exchanges. */
static _Thread_local mio__lua_exchange *exchange_dying;

/* ------------------------------------------------------------------- its life */

mio__lua_exchange *mio__lua_exchange_new(size_t capacity)
{
    mio__lua_exchange *exchange = mio__lua_forked_watch() ? malloc(sizeof *exchange) : NULL;

    if (exchange == NULL)
        return NULL;
    *exchange =
        (mio__lua_exchange){.capacity = capacity, .generation = mio__lua_forked_generation()};
    atomic_init(&exchange->refs, 1);
    if (pthread_mutex_init(&exchange->lock, NULL) != 0) {
        free(exchange);
        return NULL;
    }
    return exchange;
}

mio__lua_exchange *mio__lua_exchange_ref(mio__lua_exchange *exchange)
{
    atomic_fetch_add_explicit(&exchange->refs, 1, memory_order_relaxed);
    return exchange;
}

static mio__lua_message *ring_at(const mio__lua_exchange *exchange, size_t place)
{
    return &exchange->ring[(exchange->first + place) & (exchange->room - 1)];
}

static void unref_free_messages(mio__lua_exchange *exchange)
{
    for (size_t place = 0; place < exchange->count; place++)
        mio__lua_message_release(ring_at(exchange, place));
}

/* The lock of a forked process is its parent's. */
static void unref_free(mio__lua_exchange *exchange)
{
    if (exchange->generation == mio__lua_forked_generation())
        pthread_mutex_destroy(&exchange->lock);
    free(exchange->ring);
    free(exchange);
}

void mio__lua_exchange_unref(mio__lua_exchange *exchange)
{
    const bool first = exchange_dying == NULL;

    if (atomic_fetch_sub_explicit(&exchange->refs, 1, memory_order_acq_rel) != 1)
        return;
    exchange->next_dying = NULL;
    if (!first) {
        exchange->next_dying = exchange_dying->next_dying;
        exchange_dying->next_dying = exchange;
        return;
    }
    exchange_dying = exchange;
    while (exchange_dying != NULL) {
        mio__lua_exchange *next;

        exchange = exchange_dying;
        unref_free_messages(exchange);
        next = exchange->next_dying;
        unref_free(exchange);
        exchange_dying = next;
    }
}

/* Returns false where there is none any more: in a child made by fork(), and for an object that
   has been finalized. */
static bool exchange_enter(mio__lua_exchange *exchange)
{
    if (exchange == NULL || exchange->generation != mio__lua_forked_generation())
        return false;
    pthread_mutex_lock(&exchange->lock);
    return true;
}

static int exchange_exit(mio__lua_exchange *exchange, int result)
{
    pthread_mutex_unlock(&exchange->lock);
    return result;
}

/* ---------------------------------------------------------------------- lists */

static void exchange_list_add(exchange_list *list, mio__lua_stall *stall)
{
    stall->state = STALL_WAITING;
    stall->next = NULL;
    stall->prev = list->last;
    if (list->last != NULL)
        list->last->next = stall;
    else
        list->first = stall;
    list->last = stall;
}

static void exchange_list_remove(exchange_list *list, mio__lua_stall *stall)
{
    if (stall->prev != NULL)
        stall->prev->next = stall->next;
    else
        list->first = stall->next;
    if (stall->next != NULL)
        stall->next->prev = stall->prev;
    else
        list->last = stall->prev;
}

static void exchange_wait(mio__lua_exchange *exchange, mio__lua_stall *stall, bool sends)
{
    stall->exchange = mio__lua_exchange_ref(exchange);
    stall->sends = sends;
    exchange_list_add(sends ? &exchange->senders : &exchange->receivers, stall);
}

/* End the waiting of the first one in a list. */
static void exchange_wake_first(exchange_list *list, mio__lua_stall_state state)
{
    mio__lua_stall *stall = list->first;

    exchange_list_remove(list, stall);
    stall->state = state;
    mio__lua_inbox_answer(&stall->call);
}

/* ----------------------------------------------------------------------- ring */

static bool ring_grow(mio__lua_exchange *exchange)
{
    const size_t room = exchange->room != 0 ? exchange->room * 2 : EXCHANGE_ROOM;
    mio__lua_message *ring = malloc(room * sizeof *ring);

    if (ring == NULL)
        return false;
    for (size_t place = 0; place < exchange->count; place++)
        ring[place] = *ring_at(exchange, place);
    free(exchange->ring);
    exchange->ring = ring;
    exchange->room = room;
    exchange->first = 0;
    return true;
}

/* Room for so many more messages, beside those that may come back. */
static bool ring_has_room(mio__lua_exchange *exchange, size_t more)
{
    return exchange->count + exchange->lent + more <= exchange->room || ring_grow(exchange);
}

static void ring_push(mio__lua_exchange *exchange, const mio__lua_message *message)
{
    *ring_at(exchange, exchange->count++) = *message;
}

static void ring_push_front(mio__lua_exchange *exchange, const mio__lua_message *message)
{
    exchange->first = (exchange->first - 1) & (exchange->room - 1);
    exchange->count++;
    *ring_at(exchange, 0) = *message;
}

static void ring_pop(mio__lua_exchange *exchange, mio__lua_message *ret_message)
{
    *ret_message = *ring_at(exchange, 0);
    exchange->first = (exchange->first + 1) & (exchange->room - 1);
    exchange->count--;
}

/* -------------------------------------------------------------------- sending */

static void send_serve(mio__lua_exchange *exchange, const mio__lua_message *message)
{
    exchange->receivers.first->message = *message;
    exchange_wake_first(&exchange->receivers, STALL_SERVED);
}

static int send_locked(mio__lua_exchange *exchange, const mio__lua_message *message)
{
    const bool awaited = exchange->receivers.first != NULL;

    if (exchange->closed)
        return -EPIPE;
    if (!awaited && exchange->count >= exchange->capacity)
        return -EAGAIN;
    if (!ring_has_room(exchange, 1))
        return -ENOMEM;
    if (!awaited) {
        ring_push(exchange, message);
        return 0;
    }
    exchange->lent++;
    send_serve(exchange, message);
    return 0;
}

int mio__lua_exchange_send(mio__lua_exchange *exchange, const mio__lua_message *message)
{
    if (!exchange_enter(exchange))
        return -EPIPE;
    return exchange_exit(exchange, send_locked(exchange, message));
}

int mio__lua_exchange_send_in(mio__lua_exchange *exchange, mio__lua_stall *stall)
{
    int err;

    if (!exchange_enter(exchange))
        return -EPIPE;
    err = send_locked(exchange, &stall->message);
    if (err == -EAGAIN)
        exchange_wait(exchange, stall, true);
    return exchange_exit(exchange, err);
}

/* ------------------------------------------------------------------ receiving */

/* The first sender that waits puts its message behind the rest: there is room. */
static void recv_refill(mio__lua_exchange *exchange)
{
    if (exchange->senders.first == NULL || exchange->count >= exchange->capacity)
        return;
    ring_push(exchange, &exchange->senders.first->message);
    exchange_wake_first(&exchange->senders, STALL_SERVED);
}

/* The room for what is lent is made first, and for what comes in its place. */
static int recv_locked(mio__lua_exchange *exchange, mio__lua_message *ret_message)
{
    if (exchange->count == 0 && exchange->senders.first == NULL)
        return exchange->closed ? -EPIPE : -EAGAIN;
    if (!ring_has_room(exchange, 1))
        return -ENOMEM;
    exchange->lent++;
    if (exchange->count > 0) {
        ring_pop(exchange, ret_message);
        recv_refill(exchange);
    } else {
        *ret_message = exchange->senders.first->message;
        exchange_wake_first(&exchange->senders, STALL_SERVED);
    }
    return 0;
}

int mio__lua_exchange_recv(mio__lua_exchange *exchange, mio__lua_message *ret_message)
{
    if (!exchange_enter(exchange))
        return -EPIPE;
    return exchange_exit(exchange, recv_locked(exchange, ret_message));
}

int mio__lua_exchange_recv_in(mio__lua_exchange *exchange, mio__lua_stall *stall)
{
    int err;

    if (!exchange_enter(exchange))
        return -EPIPE;
    err = recv_locked(exchange, &stall->message);
    if (err == -EAGAIN)
        exchange_wait(exchange, stall, false);
    return exchange_exit(exchange, err);
}

void mio__lua_exchange_return(mio__lua_exchange *exchange, mio__lua_message *message)
{
    if (!exchange_enter(exchange)) {
        mio__lua_message_release(message);
        return;
    }
    if (exchange->receivers.first != NULL) {
        send_serve(exchange, message); /* lent as before */
    } else {
        exchange->lent--;
        ring_push_front(exchange, message);
    }
    pthread_mutex_unlock(&exchange->lock);
    *message = (mio__lua_message){.size = 0};
}

void mio__lua_exchange_keep(mio__lua_exchange *exchange)
{
    if (!exchange_enter(exchange))
        return;
    exchange->lent--;
    pthread_mutex_unlock(&exchange->lock);
}

/* -------------------------------------------------------------------- leaving */

mio__lua_stall_state mio__lua_exchange_leave(mio__lua_stall *stall)
{
    mio__lua_exchange *exchange = stall->exchange;
    mio__lua_stall_state state = STALL_CLOSED;

    if (exchange_enter(exchange)) {
        state = stall->state;
        if (state == STALL_WAITING)
            exchange_list_remove(stall->sends ? &exchange->senders : &exchange->receivers,
                                 stall);
        pthread_mutex_unlock(&exchange->lock);
        mio__lua_inbox_withdraw(&stall->call);
    }
    stall->state = STALL_LEFT;
    stall->exchange = NULL;
    mio__lua_exchange_unref(exchange);
    return state;
}

/* -------------------------------------------------------------------- closing */

void mio__lua_exchange_close(mio__lua_exchange *exchange)
{
    if (!exchange_enter(exchange))
        return;
    exchange->closed = true;
    while (exchange->receivers.first != NULL)
        exchange_wake_first(&exchange->receivers, STALL_CLOSED);
    while (exchange->senders.first != NULL)
        exchange_wake_first(&exchange->senders, STALL_CLOSED);
    pthread_mutex_unlock(&exchange->lock);
}

size_t mio__lua_exchange_count(mio__lua_exchange *exchange)
{
    size_t count;

    if (!exchange_enter(exchange))
        return 0;
    count = exchange->count;
    pthread_mutex_unlock(&exchange->lock);
    return count;
}

bool mio__lua_exchange_is_closed(mio__lua_exchange *exchange)
{
    bool closed;

    if (!exchange_enter(exchange))
        return true;
    closed = exchange->closed;
    pthread_mutex_unlock(&exchange->lock);
    return closed;
}
