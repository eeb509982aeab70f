#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { CAPACITY_MIN = 64 };

void mem_exhausted(void)
{
    fputs("postern: out of memory\n", stderr);
    abort();
}

static void *not_null(void *memory)
{
    if (!memory)
        mem_exhausted();
    return memory;
}

void *mem_alloc_zero(size_t size)
{
    return not_null(calloc(1, size ? size : 1));
}

void *mem_grow(void *old, size_t count, size_t each)
{
    return not_null(reallocarray(old, count ? count : 1, each));
}

char *mem_copy_string(struct span bytes)
{
    char *copy = mem_alloc_zero(bytes.n + 1);

    if (bytes.n)
        memcpy(copy, bytes.p, bytes.n);
    return copy;
}

char *buf_reserve(struct buf *buf, size_t extra)
{
    size_t capacity = buf->capacity ? buf->capacity : CAPACITY_MIN;

    if (extra > SIZE_MAX / 4 || buf->n > SIZE_MAX / 4)
        mem_exhausted();
    while (capacity < buf->n + extra + 1)
        capacity *= 2;
    if (capacity != buf->capacity) {
        buf->p = mem_grow(buf->p, capacity, 1);
        buf->capacity = capacity;
    }
    return buf->p + buf->n;
}

void buf_add(struct buf *buf, struct span bytes)
{
    char *end = buf_reserve(buf, bytes.n);

    if (bytes.n)
        memcpy(end, bytes.p, bytes.n);
    buf->n += bytes.n;
}

void buf_add_char(struct buf *buf, char c)
{
    *buf_reserve(buf, 1) = c;
    buf->n++;
}

void buf_add_format(struct buf *buf, const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length <= 0)
        return;
    buf_reserve(buf, (size_t)length);
    va_start(args, format);
    vsnprintf(buf->p + buf->n, (size_t)length + 1, format, args);
    va_end(args);
    buf->n += (size_t)length;
}

const char *buf_c_str(struct buf *buf)
{
    *buf_reserve(buf, 0) = '\0';
    return buf->p;
}

void buf_clear(struct buf *buf)
{
    buf->n = 0;
}

void buf_fini(struct buf *buf)
{
    free(buf->p);
    *buf = (struct buf){0};
}
