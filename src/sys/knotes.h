/*
 * What a kqueue does not keep: for each descriptor and each waker what was asked for last.
 *
 * The kernel has a knote for each filter of a descriptor, and tells each of them alone. Here
 * they are one registration: it carries the token, which need not fit into a pointer, merges
 * what the filters tell, and ends a oneshot for all of them.
 *
 * 1. All of it is read and changed under `lock` only, which is held over the system call that
 *    changes the kernel's side, too: the two never disagree.
 * 2. A stamp is handed out once, and is what the kernel gives back. What it told before the
 *    registration was changed or ended has an old stamp, and is dropped.
 * 3. A knote of stamp 0 is not registered. `place` is 0 but while a batch is merged.
 */
#ifndef MIO__SYS_KNOTES_H
#define MIO__SYS_KNOTES_H

#include "mio/event.h"

#include <pthread.h>
#include <stdbool.h>

typedef struct mio__knote {
    uint64_t token;
    uintptr_t stamp;
    int place;       /* one more than the index of its event in the batch */
    uint8_t filters; /* the filters that the kernel has, as an interest; of a waker none */
    uint8_t trigger;
    bool spent;  /* a oneshot that was told, or suspended: nothing is told of it */
    bool broken; /* a pipe whose reader had gone when it was registered for writing */
} mio__knote;

/* Knotes by number. */
typedef struct mio__knote_row {
    mio__knote *knotes;
    size_t capacity;
} mio__knote_row;

typedef struct mio__knotes {
    pthread_mutex_t lock;
    uintptr_t last_stamp;
    mio__knote_row fds;
    mio__knote_row wakers;
    unsigned generation; /* of the process that owns the queue: see sys/fork.h */
} mio__knotes;

/* Nothing registered. NULL where there is no memory. */
mio__knotes *mio__knotes_new(void);

void mio__knotes_free(mio__knotes *knotes);

/* Make room for a number. Returns 0 or -ENOMEM. */
int mio__knotes_reserve(mio__knote_row *row, size_t number);

/* What is registered under a number, or NULL. */
mio__knote *mio__knotes_get(const mio__knote_row *row, size_t number);

/* The lowest number under which nothing is registered; there may be no room for it yet. */
size_t mio__knotes_unused(const mio__knote_row *row);

/* A stamp that nobody had. */
uintptr_t mio__knotes_stamp(mio__knotes *knotes);

#endif
