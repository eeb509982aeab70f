/* directory_watch: reports that a directory has changed (inotify(7)), once it has not changed again for
 * `quiet_ms`.
 *
 * It does not report what has changed. It also calls back every DIRECTORY_WATCH_POLL_MS, changed or not,
 * because some kernels do not report changes, and because another directory may have replaced this one. */
#ifndef POSTERN_SYS_DIRECTORY_WATCH_H
#define POSTERN_SYS_DIRECTORY_WATCH_H

#include <event2/event.h>

enum { DIRECTORY_WATCH_POLL_MS = 300000 };

struct directory_watch;

/* `changed` is called from the event loop. `path` is copied. */
struct directory_watch *directory_watch_new(struct event_base *base, const char *path, unsigned quiet_ms,
                                            void (*changed)(void *context), void *context);
void directory_watch_free(struct directory_watch **watch);

#endif
