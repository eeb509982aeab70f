/* kernel_checks: checks whether the running kernel has what Postern needs. */
#ifndef POSTERN_CMD_KERNEL_CHECKS_H
#define POSTERN_CMD_KERNEL_CHECKS_H

#include "conf/conf.h"

/* Adds an error for each feature that the kernel lacks, with its name. */
void kernel_check(struct problems *problems);
/* Adds a warning if access to paths cannot be restricted. */
void kernel_warn(struct problems *problems);

#endif
