/* write_all: writes bytes to a blocking descriptor, in several pieces if the kernel takes them so. */
#ifndef POSTERN_SYS_WRITE_ALL_H
#define POSTERN_SYS_WRITE_ALL_H

#include "base/span.h"

#include <stdbool.h>

/* Makes no other system call than write(2). False with errno: only a part has been written. */
bool write_all(int fd, struct span bytes);

#endif
