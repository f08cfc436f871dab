/*
 * System calls that fail on demand, for programs linked with --wrap (see meson.build), and
 * allocations.
 */
#ifndef MIO_TESTS_FAULTS_H
#define MIO_TESTS_FAULTS_H

#include "harness.h"

#include <errno.h>
#include <string.h>

/* After `skip` calls of `call`, the next `times` fail with `err`. */
static struct {
    const char *call;
    int err;
    int skip;
    int times;
    int struck; /* how often it did */
} fault;

static inline void fault_arm(const char *call, int err, int skip, int times)
{
    fault.call = call;
    fault.err = err;
    fault.skip = skip;
    fault.times = times;
    fault.struck = 0;
}

/* Back to normal; returns how many calls have failed. */
static inline int fault_disarm(void)
{
    fault.call = NULL;
    return fault.struck;
}

static inline bool fault_strikes(const char *call)
{
    if (fault.call == NULL || strcmp(fault.call, call) != 0)
        return false;
    if (fault.skip > 0) {
        fault.skip--;
        return false;
    }
    if (fault.struck == fault.times)
        return false;
    fault.struck++;
    errno = fault.err;
    return true;
}

/* The wrapper of a call that returns -1 where it fails, and has done nothing. */
#define WRAP(type, name, parameters, arguments)                                                \
    type __real_##name parameters;                                                             \
    type __wrap_##name parameters;                                                             \
    type __wrap_##name parameters                                                              \
    {                                                                                          \
        return fault_strikes(#name) ? -1 : __real_##name arguments;                            \
    }

/* Makes something and ends it again; returns what its first failing call returned, or 0. */
typedef int fault_scenario(void);

/* Fail the first call, then the second, and so on until the scenario passes untouched: each
   failure is reported as it is, and leaves nothing open. */
static inline void fault_check(fault_scenario *scenario, const char *call, int err)
{
    const int descriptors = harness_open_descriptors();
    int skip = 0, result;

    for (;; skip++) {
        fault_arm(call, err, skip, 1);
        result = scenario();
        if (fault_disarm() == 0)
            break;
        ck_assert_msg(result == -err, "%s %d: %d", call, err, result);
        ck_assert_int_eq(harness_open_descriptors(), descriptors);
    }
    ck_assert_int_eq(result, 0);
    ck_assert_int_gt(skip, 0);
}

/* The same for each of `errors`, which a 0 ends. */
static inline void fault_check_each(fault_scenario *scenario, const char *call,
                                    const int *errors)
{
    for (; *errors != 0; errors++)
        fault_check(scenario, call, *errors);
}

/* Makes something with this allocator and ends it again; returns its first failure, or 0. */
typedef int fault_memory_scenario(const mio_allocator *allocator);

/* Fail the first allocation, then the second, and so on until the scenario passes untouched;
   `sticky` says whether those after it fail too. */
static inline void fault_check_memory(fault_memory_scenario *scenario, bool sticky)
{
    const int descriptors = harness_open_descriptors();
    harness_memory memory = {.fail_at = 0};

    do {
        const unsigned fail_at = memory.fail_at + 1;
        mio_allocator allocator = harness_allocator(&memory);
        int result;

        memory = (harness_memory){.fail_at = fail_at, .sticky = sticky};
        result = scenario(&allocator);
        ck_assert_int_eq(result, memory.calls >= fail_at ? -ENOMEM : 0);
        ck_assert_uint_eq(memory.blocks, 0);
        ck_assert_int_eq(harness_open_descriptors(), descriptors);
    } while (memory.calls >= memory.fail_at);
    ck_assert_uint_gt(memory.fail_at, 1);
}

#endif
