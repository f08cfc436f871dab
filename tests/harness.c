#include "harness.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int descriptors_before;

int harness_open_descriptors(void)
{
    DIR *dir;
    int count = -1; /* the folder's own descriptor */

    if (getenv("MIO_TEST_UNCOUNTED") != NULL)
        return 0;
    dir = opendir("/dev/fd");
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

/* By the library that it loads into the program. */
bool harness_in_valgrind(void)
{
    const char *preload = getenv("LD_PRELOAD");

    return preload != NULL && strstr(preload, "vgpreload") != NULL;
}

int harness_stride(void)
{
    enum { UNDER_VALGRIND = 10 };
    static bool said;

    if (!harness_in_valgrind())
        return 1;
    if (!said)
        printf("# under valgrind one in %d of the many cases\n", UNDER_VALGRIND);
    said = true;
    return UNDER_VALGRIND;
}

static void descriptors_count(void)
{
    descriptors_before = harness_open_descriptors();
}

static void descriptors_compare(void)
{
    ck_assert_int_eq(harness_open_descriptors(), descriptors_before);
}

TCase *harness_case(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);

    tcase_add_checked_fixture(tcase, descriptors_count, descriptors_compare);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return tcase;
}

/* Each chunk starts with its size, in as many bytes as keep the rest aligned. */
enum { MEMORY_HEADER = 16 };

static void counted_free(harness_memory *count, unsigned char *ptr, size_t osize)
{
    size_t size;

    if (ptr == NULL)
        return;
    memcpy(&size, ptr - MEMORY_HEADER, sizeof size);
    harness_assert(osize == size, "%zu bytes are freed as %zu", size, osize);
    count->blocks--;
    count->bytes -= size;
    free(ptr - MEMORY_HEADER);
}

static void *counted_new(harness_memory *count, size_t nsize)
{
    unsigned char *chunk;

    count->calls++;
    if (count->fail_at != 0 &&
        (count->calls == count->fail_at || (count->sticky && count->calls > count->fail_at)))
        return NULL;
    chunk = malloc(MEMORY_HEADER + nsize);
    if (chunk == NULL)
        return NULL;
    memcpy(chunk, &nsize, sizeof nsize);
    count->blocks++;
    count->bytes += nsize;
    return chunk + MEMORY_HEADER;
}

static void *counted_realloc(void *ud, void *ptr, size_t osize, size_t nsize)
{
    void *chunk = NULL;

    if (nsize != 0) {
        chunk = counted_new(ud, nsize);
        if (chunk == NULL)
            return NULL;
        if (ptr != NULL)
            memcpy(chunk, ptr, osize < nsize ? osize : nsize);
    }
    counted_free(ud, ptr, osize);
    return chunk;
}

mio_allocator harness_allocator(harness_memory *count)
{
    return (mio_allocator){counted_realloc, count};
}

uint64_t harness_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

size_t harness_random_size(uint64_t *state, size_t limit)
{
    return (size_t)(harness_random(state) % limit);
}

int main(void)
{
    SRunner *runner = srunner_create(harness_suite());
    int failed;

    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
