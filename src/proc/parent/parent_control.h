/* parent_control: the parent's end of the control socket (proc/ipc/control.h).
 *
 * What scan and the keeper know is asked of them and awaited, ASK_MS at most; nobody who asks can hold up the
 * parent: whoever does not take his answer is dropped. */
#ifndef POSTERN_PROC_PARENT_PARENT_CONTROL_H
#define POSTERN_PROC_PARENT_PARENT_CONTROL_H

#include "proc/parent/parent_internal.h"

/* Without the socket the service runs too: why is logged. */
void parent_control_open(struct parent *parent);
void parent_control_close(struct parent *parent);

#endif
