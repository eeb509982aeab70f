/* fuzz: shared by the fuzz targets.
 *
 * A target is one file with LLVMFuzzerTestOneInput. It is linked twice: with libFuzzer (`make fuzz`), which
 * searches for inputs, and with replay_corpus, which replays those of corpus/TARGET in every build. A
 * violated promise aborts. Inputs are either texts, with parts separated by a line "%%", or decisions, one
 * byte each; in both cases any bytes are a valid input. */
#ifndef POSTERN_TESTS_FUZZ_H
#define POSTERN_TESTS_FUZZ_H

#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

_Noreturn static inline void fuzz_broken(const char *promise, const char *file, int line)
{
    fprintf(stderr, "%s:%d: broken: %s\n", file, line, promise);
    abort();
}

#define must(promise) ((promise) ? (void)0 : fuzz_broken(#promise, __FILE__, __LINE__))

static inline struct span fuzz_span(const uint8_t *data, size_t size)
{
    return (struct span){size ? (const char *)data : "", size};
}

/* Copies the bytes into a block of their exact size, so that a sanitizer detects an over-read. The caller
 * frees it. */
static inline struct span fuzz_exact(struct span bytes)
{
    char *copy = mem_grow(NULL, bytes.n ? bytes.n : 1, 1);

    if (bytes.n)
        memcpy(copy, bytes.p, bytes.n);
    return (struct span){copy, bytes.n};
}

static inline void fuzz_free(struct span exact)
{
    free((void *)(uintptr_t)exact.p);
}

/* Takes a part from the front of *rest, up to a line "%%" or the end. */
static inline struct span fuzz_part(struct span *rest)
{
    static const char divide[] = "\n%%\n";
    const char *at = rest->n ? memmem(rest->p, rest->n, divide, sizeof divide - 1) : NULL;
    struct span part = span_first(*rest, at ? (size_t)(at - rest->p) : rest->n);

    *rest = span_from(*rest, at ? part.n + sizeof divide - 1 : part.n);
    return part;
}

/* Returns the next decision; 0 when there are no more. */
static inline uint8_t fuzz_byte(struct span *rest)
{
    uint8_t byte = rest->n ? (uint8_t)rest->p[0] : 0;

    *rest = span_from(*rest, 1);
    return byte;
}

#endif
