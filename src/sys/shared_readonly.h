/* shared_readonly: memory that one process writes and others can only read.
 *
 * It is a memfd with seals: it can neither shrink nor grow, and processes that get its descriptor can map it
 * for reading only. The data may change while a reader reads them, so their layout must allow for that.
 * memfd_create(2), F_SEAL_FUTURE_WRITE in fcntl(2). */
#ifndef POSTERN_SYS_SHARED_READONLY_H
#define POSTERN_SYS_SHARED_READONLY_H

#include <stddef.h>

/* Returns the writer's mapping, zeroed, and sets *fd to the descriptor for readers; NULL with errno. */
void *shared_readonly_new(const char *name, size_t size, int *fd);
/* Returns a reader's mapping. The caller keeps fd, and may close it. NULL if size or seals are not as
 * expected, or the mapping fails. */
const void *shared_readonly_open(int fd, size_t size);
void shared_readonly_free(const void *memory, size_t size);

#endif
