#include "port.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct mio_lua_sender {
    struct mio_lua_sender *next, *prev;
    mio_sender *core;
    uint64_t ticket;
    size_t count; /* under the lock, like the links */
    bool wakes;
    size_t bytes_max;
    atomic_size_t bytes;   /* in the blocks of messages that wait */
    atomic_size_t holders; /* those blocks, and the port itself */
};

static pthread_mutex_t ports_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t ports_once = PTHREAD_ONCE_INIT;
static bool ports_failed;
static mio__lua_port *ports;
static uint64_t ports_made;

static void ports_leave(void)
{
    pthread_mutex_unlock(&ports_lock);
}

static void ports_fork(void)
{
    pthread_mutex_lock(&ports_lock);
}

static void ports_watch(void)
{
    ports_failed = pthread_atfork(ports_fork, ports_leave, ports_leave) != 0;
}

/* The lock of the list. A fork waits for it: in the child nobody would ever let it go. */
static void ports_enter(void)
{
    pthread_once(&ports_once, ports_watch);
    pthread_mutex_lock(&ports_lock);
}

mio__lua_port *mio__lua_port_new(mio_channel *channel, bool wakes, size_t bytes_max)
{
    mio__lua_port *port;

    pthread_once(&ports_once, ports_watch);
    port = ports_failed ? NULL : malloc(sizeof *port);
    if (port == NULL)
        return NULL;
    *port = (mio__lua_port){
        .core = mio_sender_new(channel), .count = 1, .wakes = wakes, .bytes_max = bytes_max};
    atomic_init(&port->bytes, 0);
    atomic_init(&port->holders, 1);
    ports_enter();
    port->ticket = ++ports_made;
    port->next = ports;
    if (ports != NULL)
        ports->prev = port;
    ports = port;
    ports_leave();
    return port;
}

mio__lua_port *mio__lua_port_ref(mio__lua_port *port)
{
    ports_enter();
    port->count++;
    ports_leave();
    return port;
}

static void port_unlink(mio__lua_port *port)
{
    if (port->prev != NULL)
        port->prev->next = port->next;
    else
        ports = port->next;
    if (port->next != NULL)
        port->next->prev = port->prev;
}

static void port_let_go(mio__lua_port *port)
{
    if (atomic_fetch_sub_explicit(&port->holders, 1, memory_order_acq_rel) == 1)
        free(port);
}

/* The core's sender goes outside of the lock: it may drop messages, which unref ports. */
void mio__lua_port_unref(mio__lua_port *port)
{
    bool last;

    ports_enter();
    last = --port->count == 0;
    if (last)
        port_unlink(port);
    ports_leave();
    if (!last)
        return;
    mio_sender_unref(port->core);
    port_let_go(port);
}

mio__lua_port *mio__lua_port_find(uint64_t ticket)
{
    mio__lua_port *port;

    ports_enter();
    for (port = ports; port != NULL && port->ticket != ticket;)
        port = port->next;
    if (port != NULL)
        port->count++;
    ports_leave();
    return port;
}

uint64_t mio__lua_port_ticket(const mio__lua_port *port)
{
    return port->ticket;
}

bool mio__lua_port_wakes(const mio__lua_port *port)
{
    return port->wakes;
}

bool mio__lua_port_reserve(mio__lua_port *port, size_t bytes)
{
    const size_t before = atomic_fetch_add_explicit(&port->bytes, bytes, memory_order_relaxed);

    if (before != 0 && before + bytes > port->bytes_max) {
        atomic_fetch_sub_explicit(&port->bytes, bytes, memory_order_relaxed);
        return false;
    }
    atomic_fetch_add_explicit(&port->holders, 1, memory_order_relaxed);
    return true;
}

void mio__lua_port_release(mio__lua_port *port, size_t bytes)
{
    atomic_fetch_sub_explicit(&port->bytes, bytes, memory_order_relaxed);
    port_let_go(port);
}

int mio__lua_port_send(const mio__lua_port *port, const void *message)
{
    return mio_sender_send(port->core, message);
}
