/* namespace: which network namespace this process is in. */
#ifndef POSTERN_NET_NAMESPACE_H
#define POSTERN_NET_NAMESPACE_H

#include "base/buf.h"

/* Appends a name that no other network namespace has: its inode, and from Linux 5.14 on its cookie, which is
 * never used again while the machine runs ("4026532281-33"). Appends nothing if /proc is not there. */
void namespace_name(struct buf *out);

#endif
