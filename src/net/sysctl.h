/* sysctl: the kernel's settings below /proc/sys, one line each.
 *
 * Paths have slashes ("net/ipv4/conf/eth0/rp_filter"), because an interface's name may contain dots. They are
 * those of the calling process's network namespace. All return false with errno. */
#ifndef POSTERN_NET_SYSCTL_H
#define POSTERN_NET_SYSCTL_H

#include "base/buf.h"

/* Reads the value into an empty buf, without the line end. */
bool sysctl_read(const char *path, struct buf *value);
bool sysctl_write(const char *path, struct span value);
/* True if it has exactly this value; false also if it cannot be read. */
bool sysctl_is(const char *path, const char *value);

/* Calls `found` for each interface's setting of that name, "all" and "default" first: directory is
 * "net/ipv4/conf". */
void sysctl_each(const char *directory, const char *name, void (*found)(void *context, const char *path),
                 void *context);

#endif
