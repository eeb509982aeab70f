/* kernel: what Postern needs of the running kernel, and an older one, or one built for a small device, may
 * not have.
 *
 * Each need is tried, not concluded from a version number: distributions add to old versions, and containers
 * take away from new ones. The oldest kernel that has all of them is Linux 5.3. */
#ifndef POSTERN_SYS_KERNEL_H
#define POSTERN_SYS_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

enum { KERNEL_NEEDS_MAX = 8 };

struct kernel_need {
    const char *name;    /* "pidfd_open" */
    const char *since;   /* "Linux 5.3", or the option it is built by: "CONFIG_SECCOMP_FILTER" */
    const char *purpose; /* a noun phrase: what Postern does with it */
    bool (*is_met)(void);
};

/* The needs that are not met; how many. */
size_t kernel_lacks(const struct kernel_need *lacking[KERNEL_NEEDS_MAX]);

/* False: the kernel has no IPv6, because it was built without it or started with ipv6.disable=1. An interface
 * may still be without (sysctl disable_ipv6) where this is true. */
bool kernel_has_ipv6(void);

#endif
