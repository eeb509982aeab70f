/* octets: numbers of n octets in a file, n at most 8. A number that extends beyond the end of the file is 0.
 * Pure. */
#ifndef POSTERN_CONTENT_OCTETS_H
#define POSTERN_CONTENT_OCTETS_H

#include "base/span.h"

#include <stdint.h>

static inline bool octets_contain(struct span bytes, size_t at, size_t n)
{
    return at <= bytes.n && n <= bytes.n - at;
}

static inline uint64_t octets_little_endian(struct span bytes, size_t at, size_t n)
{
    uint64_t value = 0;

    if (!octets_contain(bytes, at, n))
        return 0;
    for (size_t i = n; i; i--)
        value = value << 8 | (unsigned char)bytes.p[at + i - 1];
    return value;
}

static inline uint64_t octets_big_endian(struct span bytes, size_t at, size_t n)
{
    uint64_t value = 0;

    if (!octets_contain(bytes, at, n))
        return 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | (unsigned char)bytes.p[at + i];
    return value;
}

#endif
