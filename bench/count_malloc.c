/*
 * Counts what a program allocates. Loaded by LD_PRELOAD into a server, it keeps its counters in
 * the file that MIO_BENCH_COUNTS names, where the bench reads them while the server runs.
 *
 * Bytes are those of the allocator's chunks, so that what it adds to a request is counted too.
 * One thread only.
 */
#include <fcntl.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct malloc_counts {
    uint64_t calls; /* that gave memory: malloc, calloc, and realloc of nothing or to more */
    uint64_t bytes; /* in use */
} malloc_counts;

/* glibc's own, under names that it keeps for this. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

static malloc_counts counts_unseen; /* until the file is there, and where there is none */
static malloc_counts *counts = &counts_unseen;

__attribute__((constructor)) static void count_begin(void)
{
    const char *name = getenv("MIO_BENCH_COUNTS");
    const int fd = name != NULL ? open(name, O_RDWR | O_CLOEXEC) : -1;
    void *shared;

    if (fd < 0)
        return;
    shared = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (shared == MAP_FAILED)
        return;
    counts = shared;
    *counts = counts_unseen;
}

/* What a block takes, with the size that glibc keeps in front of it. */
static size_t count_bytes(void *block)
{
    return block != NULL ? malloc_usable_size(block) + sizeof(size_t) : 0;
}

static void *count_given(void *block)
{
    counts->calls += block != NULL;
    counts->bytes += count_bytes(block);
    return block;
}

void *malloc(size_t size)
{
    return count_given(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return count_given(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size)
{
    const size_t before = count_bytes(block);
    void *after = __libc_realloc(block, size);

    if (after == NULL && size > 0)
        return NULL;
    counts->bytes += count_bytes(after) - before;
    counts->calls += count_bytes(after) > before;
    return after;
}

void free(void *block)
{
    counts->bytes -= count_bytes(block);
    __libc_free(block);
}
