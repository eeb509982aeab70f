/* directory_watch: tells that something has happened in a directory (inotify(7)), when it has been quiet
 * there for a while. What it was is not told. Where the kernel does not tell, or the directory is another one
 * by now, a slow look round is what is left: so it tells every DIRECTORY_WATCH_SLOW_MS too. */
#ifndef POSTERN_SYS_DIRECTORY_WATCH_H
#define POSTERN_SYS_DIRECTORY_WATCH_H

#include <event2/event.h>

enum { DIRECTORY_WATCH_SLOW_MS = 300000 };

struct directory_watch;

/* `happened` comes from the event loop. `path` is copied. */
struct directory_watch *directory_watch_new(struct event_base *base, const char *path, unsigned quiet_ms,
                                            void (*happened)(void *context), void *context);
void directory_watch_free(struct directory_watch **watch);

#endif
