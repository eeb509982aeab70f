/* kernel: features that Postern needs, and that an older kernel, or one built for a small device, may lack.
 *
 * Each is tested by use, not deduced from a version number: distributions backport to old versions, and
 * containers restrict new ones. The oldest kernel that has all of them is Linux 5.3. */
#ifndef POSTERN_SYS_KERNEL_H
#define POSTERN_SYS_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

enum { KERNEL_NEEDS_MAX = 8 };

struct kernel_need {
    const char *name;    /* "pidfd_open" */
    const char *since;   /* "Linux 5.3", or the kernel's build option: "CONFIG_SECCOMP_FILTER" */
    const char *purpose; /* a noun phrase: for what Postern uses it */
    bool (*is_met)(void);
};

/* Lists the features that are missing; returns how many. */
size_t kernel_lacks(const struct kernel_need *lacking[KERNEL_NEEDS_MAX]);

/* False: the kernel has no IPv6, because it was built without it or started with ipv6.disable=1. An interface
 * may lack it (sysctl disable_ipv6) even if this is true. */
bool kernel_has_ipv6(void);

#endif
