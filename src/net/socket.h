/*
 * The types of sockets, as the system knows them.
 */
#ifndef MIO__NET_SOCKET_H
#define MIO__NET_SOCKET_H

#include "mio/socket.h"

/* The type as socket() takes it, or -EINVAL. */
int mio__socket_type(mio_socket_type type);

/* The same for sockets that connect to listeners: no datagrams. */
int mio__socket_stream_type(mio_socket_type type);

/* The value of an option of SOL_SOCKET that is a number from 0 up; -1 for no socket. */
int mio__socket_ask(mio_fd fd, int name);

#endif
