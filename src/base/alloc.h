/*
 * The allocator hook.
 *
 * Every allocation of the core goes through a mio_allocator that its owner keeps by value.
 * Sizes are told on free, as Lua's allocators want it.
 */
#ifndef MIO__BASE_ALLOC_H
#define MIO__BASE_ALLOC_H

#include "mio/base.h"

/* The allocator behind a NULL: realloc() and free() of the C library. */
extern const mio_allocator mio__alloc_default;

/* `allocator`, or the default one for NULL. */
const mio_allocator *mio__alloc_or_default(const mio_allocator *allocator);

/* A new block of `size` bytes, or NULL. Not cleared. */
void *mio__alloc(const mio_allocator *allocator, size_t size);

/* A new block of count * size bytes, all zero; NULL also where the product overflows. */
void *mio__alloc_zeroed(const mio_allocator *allocator, size_t count, size_t size);

/* Give back a block of `size` bytes; NULL is fine. */
void mio__alloc_free(const mio_allocator *allocator, void *ptr, size_t size);

#endif
