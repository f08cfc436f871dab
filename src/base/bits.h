/*
 * Bit positions. Zero has none: every caller says why its word cannot be zero.
 */
#ifndef MIO__BASE_BITS_H
#define MIO__BASE_BITS_H

#include <stdint.h>

/* The position, 0 to 63, of the lowest bit that is set; `word` is not zero. */
static inline unsigned mio__bits_lowest(uint64_t word)
{
    return (unsigned)__builtin_ctzll(word);
}

/* The position, 0 to 63, of the highest bit that is set; `word` is not zero. */
static inline unsigned mio__bits_highest(uint64_t word)
{
    return 63U ^ (unsigned)__builtin_clzll(word);
}

#endif
