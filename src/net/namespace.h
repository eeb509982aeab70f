/* namespace: identifies the network namespace of this process. */
#ifndef POSTERN_NET_NAMESPACE_H
#define POSTERN_NET_NAMESPACE_H

#include "base/buf.h"

/* Appends a name of the namespace ("4026532281-33"): its inode and, since Linux 5.14, its cookie. The cookie
 * is not reused before a reboot. Appends nothing if /proc is missing. */
void namespace_name(struct buf *out);

#endif
