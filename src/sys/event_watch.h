/* event_watch: turns on an event of a descriptor, or ends the process. */
#ifndef POSTERN_SYS_EVENT_WATCH_H
#define POSTERN_SYS_EVENT_WATCH_H

#include <event2/event.h>

/* As event_add. But if event_add fails, the process ends, as if its own memory were exhausted: without the
 * event it would wait for ever. event_add fails if the kernel has no memory to watch another descriptor, or
 * if no watch is left for this user (epoll_ctl(2), ENOSPC). */
void event_watch(struct event *event);

#endif
