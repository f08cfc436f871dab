#include "port.h"

#include <pthread.h>
#include <stdlib.h>

struct mio_lua_sender {
    struct mio_lua_sender *next, *prev;
    mio_sender *core;
    uint64_t ticket;
    size_t count; /* under the lock, like the links */
    bool wakes;
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

mio__lua_port *mio__lua_port_new(mio_channel *channel, bool wakes)
{
    mio__lua_port *port;

    pthread_once(&ports_once, ports_watch);
    port = ports_failed ? NULL : malloc(sizeof *port);
    if (port == NULL)
        return NULL;
    *port = (mio__lua_port){.core = mio_sender_new(channel), .count = 1, .wakes = wakes};
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
    free(port);
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

int mio__lua_port_send(const mio__lua_port *port, const void *message)
{
    return mio_sender_send(port->core, message);
}
