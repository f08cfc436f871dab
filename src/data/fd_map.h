/*
 * From a descriptor to the id of its registration: an array, for the kernel hands out the
 * lowest free number.
 */
#ifndef MIO__DATA_FD_MAP_H
#define MIO__DATA_FD_MAP_H

#include "base/alloc.h"

typedef struct mio__fd_map {
    uint64_t *ids; /* 0: none */
    size_t capacity;
    mio_allocator allocator;
} mio__fd_map;

/* An empty map. Allocates nothing. */
void mio__fd_map_init(mio__fd_map *map, const mio_allocator *allocator);

void mio__fd_map_fini(mio__fd_map *map);

/* Make room for `fd`, which is not negative. Returns 0 or -ENOMEM. */
int mio__fd_map_reserve(mio__fd_map *map, mio_fd fd);

/* Set the id of `fd`, for which there is room. */
static inline void mio__fd_map_set(mio__fd_map *map, mio_fd fd, uint64_t id)
{
    map->ids[fd] = id;
}

/* The id of `fd`, or 0. */
static inline uint64_t mio__fd_map_get(const mio__fd_map *map, mio_fd fd)
{
    return (size_t)fd < map->capacity ? map->ids[fd] : 0;
}

#endif
