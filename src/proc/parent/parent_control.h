/* parent_control: the parent's end of the control socket (proc/ipc/control.h). No client can block the
 * parent: a client that does not read its answers is disconnected. */
#ifndef POSTERN_PROC_PARENT_PARENT_CONTROL_H
#define POSTERN_PROC_PARENT_PARENT_CONTROL_H

#include "proc/parent/parent_internal.h"

/* If the socket cannot be opened, the reason is logged, and the service runs without it. */
void parent_control_open(struct parent *parent);
void parent_control_close(struct parent *parent);

#endif
