/* buf: growable byte buffer.
 *
 * {0} is a valid empty buf; buf_fini frees the memory. If memory runs out, the process ends, because no
 * caller could do better; the parent restarts the processes of the service. buf_c_str is for system calls and
 * libraries that require a NUL. The NUL follows the bytes and is not counted. */
#ifndef POSTERN_BASE_BUF_H
#define POSTERN_BASE_BUF_H

#include "base/span.h"

struct buf {
    char *p;
    size_t n;
    size_t capacity;
};

void buf_add(struct buf *buf, struct span bytes);
void buf_add_char(struct buf *buf, char c);
void buf_add_format(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Extends the capacity for `extra` more bytes. Returns the address of this space. The caller writes there,
 * then increases n. */
char *buf_reserve(struct buf *buf, size_t extra);
const char *buf_c_str(struct buf *buf);
void buf_clear(struct buf *buf);
void buf_fini(struct buf *buf);

static inline struct span buf_span(const struct buf *buf)
{
    return (struct span){buf->p, buf->n};
}

/* Allocation that never returns NULL. mem_exhausted ends the process; it is for code that allocates in
 * another way. */
void mem_exhausted(void) __attribute__((noreturn));
void *mem_alloc_zero(size_t size);
void *mem_grow(void *old, size_t count, size_t each);
char *mem_copy_string(struct span bytes);

#endif
