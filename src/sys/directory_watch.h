/* directory_watch: reports that files in a directory have changed (inotify(7)), but not which.
 *
 * The report comes when there was no further change for `quiet_ms`. There is also a report every
 * DIRECTORY_WATCH_POLL_MS, even without a change: some kernels do not report changes, and another directory
 * may have replaced this one. */
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
