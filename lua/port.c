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
static mio__lua_port *ports;
static uint64_t ports_made;

mio__lua_port *mio__lua_port_new(mio_channel *channel, bool wakes)
{
    mio__lua_port *port = malloc(sizeof *port);

    if (port == NULL)
        return NULL;
    *port = (mio__lua_port){.core = mio_sender_new(channel), .count = 1, .wakes = wakes};
    pthread_mutex_lock(&ports_lock);
    port->ticket = ++ports_made;
    port->next = ports;
    if (ports != NULL)
        ports->prev = port;
    ports = port;
    pthread_mutex_unlock(&ports_lock);
    return port;
}

mio__lua_port *mio__lua_port_ref(mio__lua_port *port)
{
    pthread_mutex_lock(&ports_lock);
    port->count++;
    pthread_mutex_unlock(&ports_lock);
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

    pthread_mutex_lock(&ports_lock);
    last = --port->count == 0;
    if (last)
        port_unlink(port);
    pthread_mutex_unlock(&ports_lock);
    if (!last)
        return;
    mio_sender_unref(port->core);
    free(port);
}

mio__lua_port *mio__lua_port_find(uint64_t ticket)
{
    mio__lua_port *port;

    pthread_mutex_lock(&ports_lock);
    for (port = ports; port != NULL && port->ticket != ticket;)
        port = port->next;
    if (port != NULL)
        port->count++;
    pthread_mutex_unlock(&ports_lock);
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
