/*
 * Seams: calls within the library that a test wraps at link time, to do there what another
 * thread might do at that moment. They are wrapped where they lead from one object file to
 * another: a unity build has none, and leaves such tests out.
 */
#ifndef MIO_TESTS_SEAMS_H
#define MIO_TESTS_SEAMS_H

#include <stddef.h>

#ifdef MIO_TEST_NO_SEAMS
enum { SEAMS = 0 };
#else
enum { SEAMS = 1 };
#endif

/* What is to happen at one place, once. */
typedef struct seam {
    void (*act)(void);
    int passes; /* that come first */
} seam;

static inline void seam_pass(seam *here)
{
    void (*act)(void) = here->act;

    if (act == NULL || here->passes-- > 0)
        return;
    here->act = NULL;
    act();
}

#endif
