/*
 * Socket options that have another name here and there, or none: -1, which setsockopt()
 * refuses with ENOPROTOOPT.
 */
#ifndef MIO__SYS_OPTION_NAMES_H
#define MIO__SYS_OPTION_NAMES_H

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

enum {
#ifdef SO_LINGER_SEC
    MIO__SO_LINGER = SO_LINGER_SEC, /* SO_LINGER counts ticks of the clock there */
#else
    MIO__SO_LINGER = SO_LINGER,
#endif
#ifdef TCP_KEEPIDLE
    MIO__TCP_KEEPIDLE = TCP_KEEPIDLE,
#elif defined(TCP_KEEPALIVE)
    MIO__TCP_KEEPIDLE = TCP_KEEPALIVE,
#else
    MIO__TCP_KEEPIDLE = -1,
#endif
#ifdef TCP_KEEPINTVL
    MIO__TCP_KEEPINTVL = TCP_KEEPINTVL,
#else
    MIO__TCP_KEEPINTVL = -1,
#endif
#ifdef TCP_KEEPCNT
    MIO__TCP_KEEPCNT = TCP_KEEPCNT
#else
    MIO__TCP_KEEPCNT = -1
#endif
};

#endif
