/* event_watch: turns on an event of a descriptor, or ends the process. */
#ifndef POSTERN_SYS_EVENT_WATCH_H
#define POSTERN_SYS_EVENT_WATCH_H

#include <event2/event.h>

/* As event_add. If the kernel has no memory to watch another descriptor, or no watch is left for this user
 * (epoll_ctl(2), ENOSPC), the process would wait for ever. Then it ends, as if its own memory were exhausted. */
void event_watch(struct event *event);

#endif
