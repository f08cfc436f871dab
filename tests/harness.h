/*
 * The frame of a C test program: main, TAP output, and a watch for leaked descriptors.
 *
 * A program defines harness_suite() and gets its cases from harness_case(), which checks
 * after every test that as many descriptors are open as before it. Beside that: an allocator
 * that fails on demand, and numbers that are the same random ones in every run.
 */
#ifndef MIO_TESTS_HARNESS_H
#define MIO_TESTS_HARNESS_H

#include "mio/base.h"

#include <check.h>
#include <stdbool.h>

/* Defined by each test program: its name and its cases. */
Suite *harness_suite(void);

/* A new case of `suite`, whose tests fail where they leave descriptors open. */
TCase *harness_case(Suite *suite, const char *name);

/* How many descriptors this process has open. Not counted, for the sake of libraries that keep
   some of their own, with MIO_TEST_UNCOUNTED in the environment. */
int harness_open_descriptors(void);

/* ck_assert_msg() for what is asserted by the hundred thousand: that one writes to a file each
   time, which takes longer than most of what is tested. */
#define harness_assert(condition, ...) ((condition) ? (void)0 : ck_abort_msg(__VA_ARGS__))

/* Whether valgrind runs this program. */
bool harness_in_valgrind(void);

/* Of very many cases that are alike a test takes one in so many: each of them, but fewer under
   valgrind, which says so in the output. The builds with sanitizers take each. */
int harness_stride(void);

/*
 * What an allocator of harness_allocator() has been asked for. Start with it all zero. A test
 * of a scenario fails the first allocation, then the second, and so on until the scenario
 * passes untouched; once with `sticky`, where the ones after it fail too, and once without.
 */
typedef struct harness_memory {
    size_t blocks;    /* held now */
    size_t bytes;     /* in them */
    unsigned calls;   /* allocations and growths asked for so far */
    unsigned fail_at; /* which of them fails, from 1 on; 0 for none */
    bool sticky;      /* all after it fail as well */
} harness_memory;

/* An allocator that keeps `memory` up to date, and asserts that sizes are told truly. */
mio_allocator harness_allocator(harness_memory *memory);

/* The next number of a sequence that `state`, not zero, starts and carries on. */
uint64_t harness_random(uint64_t *state);

/* The same, as one of the sizes below `limit`. */
size_t harness_random_size(uint64_t *state, size_t limit);

#endif
