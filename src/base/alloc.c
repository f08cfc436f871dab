#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *alloc_libc(void *ud, void *ptr, size_t osize, size_t nsize)
{
    (void)ud;
    (void)osize;
    if (nsize != 0)
        return realloc(ptr, nsize);
    free(ptr);
    return NULL;
}

const mio_allocator mio__alloc_default = {alloc_libc, NULL};

const mio_allocator *mio__alloc_or_default(const mio_allocator *allocator)
{
    return allocator != NULL ? allocator : &mio__alloc_default;
}

void *mio__alloc(const mio_allocator *allocator, size_t size)
{
    return allocator->realloc(allocator->ud, NULL, 0, size);
}

void *mio__alloc_zeroed(const mio_allocator *allocator, size_t count, size_t size)
{
    void *ptr;

    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    ptr = mio__alloc(allocator, count * size);
    if (ptr != NULL)
        memset(ptr, 0, count * size);
    return ptr;
}

void mio__alloc_free(const mio_allocator *allocator, void *ptr, size_t size)
{
    if (ptr != NULL)
        allocator->realloc(allocator->ud, ptr, size, 0);
}
