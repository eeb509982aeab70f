/* shared_readonly: memory that one process writes and others read.
 *
 * A memfd with seals: it can neither shrink nor grow, and processes that get its descriptor can map it for
 * reading only. Data may change while a reader looks at them: the layout must allow for that.
 * memfd_create(2), F_SEAL_FUTURE_WRITE in fcntl(2). */
#ifndef POSTERN_SYS_SHARED_READONLY_H
#define POSTERN_SYS_SHARED_READONLY_H

#include <stddef.h>

/* The writer's mapping, zeroed, with the descriptor for readers in *fd; NULL with errno. */
void *shared_readonly_new(const char *name, size_t size, int *fd);
/* A reader's mapping; fd stays the caller's and is not needed afterwards. NULL if size or seals are not as
 * expected. */
const void *shared_readonly_open(int fd, size_t size);
void shared_readonly_free(const void *memory, size_t size);

#endif
