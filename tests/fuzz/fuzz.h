/* fuzz: what the fuzz targets share.
 *
 * A target is one file with LLVMFuzzerTestOneInput. It is linked twice: by libFuzzer (`make fuzz`), which
 * looks for inputs, and by replay_corpus, which plays those of corpus/TARGET again in every build. A promise
 * that does not hold aborts. Inputs may come as texts, their parts divided by a line "%%", or as decisions, a
 * byte each; in either case any bytes are an input. */
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

/* In a block of exactly its size, so that a sanitizer sees a read beyond; the caller's to free. */
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

/* Takes a part off the front of *rest, up to a line "%%" or the end. */
static inline struct span fuzz_part(struct span *rest)
{
    static const char divide[] = "\n%%\n";
    const char *at = rest->n ? memmem(rest->p, rest->n, divide, sizeof divide - 1) : NULL;
    struct span part = span_first(*rest, at ? (size_t)(at - rest->p) : rest->n);

    *rest = span_from(*rest, at ? part.n + sizeof divide - 1 : part.n);
    return part;
}

/* A decision: 0 when there are no more. */
static inline uint8_t fuzz_byte(struct span *rest)
{
    uint8_t byte = rest->n ? (uint8_t)rest->p[0] : 0;

    *rest = span_from(*rest, 1);
    return byte;
}

#endif
