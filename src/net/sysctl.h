/* sysctl: the kernel's settings below /proc/sys, one line each.
 *
 * Paths have slashes ("net/ipv4/conf/eth0/rp_filter"), because the name of an interface may contain dots.
 * Paths below net/ refer to the network namespace of the calling process. */
#ifndef POSTERN_NET_SYSCTL_H
#define POSTERN_NET_SYSCTL_H

#include "base/buf.h"

/* Reads the value, without the line end, into an empty buf. False with errno. */
bool sysctl_read(const char *path, struct buf *value);
/* False with errno. */
bool sysctl_write(const char *path, struct span value);
/* Returns whether the setting can be read and has exactly this value. */
bool sysctl_is(const char *path, const char *value);

/* Calls `found` with the path of the setting `name` of each interface, "all" and "default" first. directory:
 * "net/ipv4/conf" or "net/ipv6/conf". */
void sysctl_each(const char *directory, const char *name, void (*found)(void *context, const char *path),
                 void *context);

#endif
