/*
 * Whether this process is a copy made by fork().
 *
 * After fork() parent and child share the kernel's queue of a loop: what the child changes in
 * it is changed for the parent. So a loop remembers the generation it was made in, and a
 * comparison tells the child that it is not its own.
 */
#ifndef MIO__SYS_FORK_H
#define MIO__SYS_FORK_H

#include <stdbool.h>

/* Start to count, if nobody has: call it before the first look at the generation. Returns 0 or
   -ENOMEM. */
int mio__fork_watch(void);

/* How many forks lie between the process that started to count and this one. */
unsigned mio__fork_generation(void);

/* Whether this process is a copy of the one that had this generation. */
static inline bool mio__fork_since(unsigned generation)
{
    return generation != mio__fork_generation();
}

#endif
