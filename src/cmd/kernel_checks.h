/* kernel_checks: does the running kernel have what Postern needs? */
#ifndef POSTERN_CMD_KERNEL_CHECKS_H
#define POSTERN_CMD_KERNEL_CHECKS_H

#include "conf/conf.h"

/* An error for each need that the kernel does not meet, by its name. */
void kernel_check(struct problems *problems);
/* A warning if paths cannot be fenced off. */
void kernel_warn(struct problems *problems);

#endif
