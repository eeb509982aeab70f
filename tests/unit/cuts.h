/* cuts: a parser's input in pieces, each in a heap buffer of its exact size, so that ASan detects an
 * over-read. Mode 0: one piece; 1: single bytes; others: random pieces with the mode as seed. */
#ifndef POSTERN_TEST_CUTS_H
#define POSTERN_TEST_CUTS_H

#include "base/span.h"

#include <stdlib.h>

enum { CUTS_MODES = 12 };

static inline size_t cuts_length(unsigned mode, unsigned *seed, size_t left)
{
    size_t n = mode == 0 ? left : mode == 1 ? 1 : (size_t)rand_r(seed) % (mode * 5) + 1;

    return n < left ? n : left;
}

static inline void cuts_feed(struct span bytes, unsigned mode, void (*feed)(void *context, struct span piece),
                             void *context)
{
    unsigned seed = mode;

    while (bytes.n) {
        size_t n = cuts_length(mode, &seed, bytes.n);
        char *copy = malloc(n);

        memcpy(copy, bytes.p, n);
        feed(context, (struct span){copy, n});
        free(copy);
        bytes = span_from(bytes, n);
    }
}

#endif
