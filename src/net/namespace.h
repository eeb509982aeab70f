/* namespace: identifies the network namespace of this process. */
#ifndef POSTERN_NET_NAMESPACE_H
#define POSTERN_NET_NAMESPACE_H

#include "base/buf.h"

/* Appends a name that no other network namespace has: its inode and, from Linux 5.14 on, its cookie, which is
 * not reused before a reboot ("4026532281-33"). Appends nothing without /proc. */
void namespace_name(struct buf *out);

#endif
