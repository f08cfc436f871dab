/*
 * Where systems differ in what a socket address looks like.
 */
#ifndef MIO__SYS_SOCKADDR_H
#define MIO__SYS_SOCKADDR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* Unix names that begin with a NUL, and are no paths; elsewhere they are unnamed sockets, of
   whatever size. */
#ifdef __linux__
enum { MIO__SOCKADDR_ABSTRACT = 1 };
#else
enum { MIO__SOCKADDR_ABSTRACT = 0 };
#endif

/* Let an address, which begins at `bytes`, tell its own size. */
static inline void mio__sockaddr_set_size(unsigned char *bytes, size_t size)
{
#ifdef MIO__HAVE_SA_LEN
    bytes[offsetof(struct sockaddr, sa_len)] = (uint8_t)size;
#else
    (void)bytes, (void)size;
#endif
}

#endif
