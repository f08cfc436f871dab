/*
 * What every other header of mio uses: version, export, descriptor, allocator, errors.
 */
#ifndef MIO_BASE_H
#define MIO_BASE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define MIO_API __attribute__((visibility("default")))
#else
#define MIO_API
#endif

#define MIO_VERSION_MAJOR 0
#define MIO_VERSION_MINOR 1
#define MIO_VERSION_PATCH 0
#define MIO_VERSION       "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A descriptor of the operating system. mio never closes one that it did not open; a call
 * that opens one hands it to the caller, who closes it with mio_close().
 */
typedef int mio_fd;

/*
 * The allocator, in the shape of Lua's lua_Alloc.
 *
 *   realloc(ud, ptr, osize, nsize)   nsize 0 frees `ptr` (which may be NULL) and returns NULL;
 *                                    ptr NULL allocates; otherwise the block moves or grows.
 *                                    It returns NULL, leaving `ptr` as it was, when there is no
 *                                    memory. Shrinking must not fail.
 *   ud                               handed to every call
 *
 * The objects made with an allocator keep it by value: only `ud` must outlive them.
 */
typedef struct mio_allocator {
    void *(*realloc)(void *ud, void *ptr, size_t osize, size_t nsize);
    void *ud;
} mio_allocator;

/*
 * The version of the library that is linked, as "major.minor.patch".
 *
 * It differs from MIO_VERSION where the program was compiled against another release.
 *
 * Returns a constant string. Thread: any. Cost: none.
 */
MIO_API const char *mio_version(void);

/*
 * A short, lower-case English text for an error, from mio's own table: the same on every
 * system and in every locale.
 *
 *   err   what a call of mio returned (-errno) or a positive errno
 *
 * Returns a constant string; "unknown error" for a number that mio does not know, 0 too.
 * Thread: any. Cost: a search in a table of some seventy entries.
 */
MIO_API const char *mio_strerror(int err);

/*
 * The symbolic name of an error: "ECONNREFUSED". Programs compare it, people read it in logs.
 *
 *   err   what a call of mio returned (-errno) or a positive errno
 *
 * Returns a constant string; "EUNKNOWN" for a number that mio does not know, 0 too.
 * Thread: any. Cost: as mio_strerror().
 */
MIO_API const char *mio_errname(int err);

#ifdef __cplusplus
}
#endif

#endif
