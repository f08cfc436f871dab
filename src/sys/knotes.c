#include "sys/knotes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { KNOTES_FIRST = 64 };

mio__knotes *mio__knotes_new(void)
{
    mio__knotes *knotes = calloc(1, sizeof *knotes);

    if (knotes != NULL && pthread_mutex_init(&knotes->lock, NULL) != 0) {
        free(knotes);
        return NULL;
    }
    return knotes;
}

void mio__knotes_free(mio__knotes *knotes)
{
    pthread_mutex_destroy(&knotes->lock);
    free(knotes->fds.knotes);
    free(knotes->wakers.knotes);
    free(knotes);
}

int mio__knotes_reserve(mio__knote_row *row, size_t number)
{
    size_t capacity = row->capacity > 0 ? row->capacity : KNOTES_FIRST;
    mio__knote *grown;

    if (number < row->capacity)
        return 0;
    while (capacity <= number)
        capacity *= 2;
    grown = realloc(row->knotes, capacity * sizeof *grown);
    if (grown == NULL)
        return -ENOMEM;
    memset(grown + row->capacity, 0, (capacity - row->capacity) * sizeof *grown);
    row->knotes = grown;
    row->capacity = capacity;
    return 0;
}

mio__knote *mio__knotes_get(const mio__knote_row *row, size_t number)
{
    return number < row->capacity && row->knotes[number].stamp != 0 ? &row->knotes[number]
                                                                    : NULL;
}

size_t mio__knotes_unused(const mio__knote_row *row)
{
    size_t number = 0;

    while (mio__knotes_get(row, number) != NULL)
        number++;
    return number;
}

uintptr_t mio__knotes_stamp(mio__knotes *knotes)
{
    if (++knotes->last_stamp == 0)
        knotes->last_stamp = 1;
    return knotes->last_stamp;
}
