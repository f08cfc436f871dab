#include "data/fd_map.h"

#include <errno.h>
#include <string.h>

enum { FD_MAP_FIRST = 64 };

void mio__fd_map_init(mio__fd_map *map, const mio_allocator *allocator)
{
    *map = (mio__fd_map){.allocator = *allocator};
}

void mio__fd_map_fini(mio__fd_map *map)
{
    mio__alloc_free(&map->allocator, map->ids, map->capacity * sizeof *map->ids);
    map->ids = NULL;
    map->capacity = 0;
}

int mio__fd_map_reserve(mio__fd_map *map, mio_fd fd)
{
    size_t capacity = map->capacity != 0 ? map->capacity : FD_MAP_FIRST;
    uint64_t *ids;

    if ((size_t)fd < map->capacity)
        return 0;
    while (capacity <= (size_t)fd)
        capacity *= 2;
    ids = map->allocator.realloc(map->allocator.ud, map->ids, map->capacity * sizeof *ids,
                                 capacity * sizeof *ids);
    if (ids == NULL)
        return -ENOMEM;
    memset(ids + map->capacity, 0, (capacity - map->capacity) * sizeof *ids);
    map->ids = ids;
    map->capacity = capacity;
    return 0;
}
