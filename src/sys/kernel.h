/* kernel: tests features that Postern needs. An old kernel, or one that was built for a small device, may
 * lack some of them.
 *
 * Each feature is tested by use. Version numbers are not enough: distributions add features to old versions,
 * and containers restrict new ones. The oldest kernel that has all features is Linux 5.3. */
#ifndef POSTERN_SYS_KERNEL_H
#define POSTERN_SYS_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

enum { KERNEL_NEEDS_MAX = 8 };

struct kernel_need {
    const char *name;    /* "pidfd_open" */
    const char *since;   /* "Linux 5.3", or the kernel's build option: "CONFIG_SECCOMP_FILTER" */
    const char *purpose; /* what Postern uses it for, as a noun phrase */
    bool (*is_met)(void);
};

/* Lists the features that are missing. Returns how many there are. */
size_t kernel_lacks(const struct kernel_need *lacking[KERNEL_NEEDS_MAX]);

/* False: the kernel was built without IPv6, or was started with ipv6.disable=1. Even if true, IPv6 may be off
 * on an interface (sysctl disable_ipv6). */
bool kernel_has_ipv6(void);

#endif
