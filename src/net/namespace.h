/* namespace: identifies the network namespace of this process. */
#ifndef POSTERN_NET_NAMESPACE_H
#define POSTERN_NET_NAMESPACE_H

#include "base/buf.h"

/* Appends a name of the namespace: the inode and, from Linux 5.14 on, the cookie ("4026532281-33"), which is
 * not reused before a reboot. Appends nothing without /proc. */
void namespace_name(struct buf *out);

#endif
