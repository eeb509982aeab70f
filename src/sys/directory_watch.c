#include "sys/directory_watch.h"

#include "base/buf.h"
#include "sys/event_watch.h"

#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { BUFFER = 16384 };

struct directory_watch {
    char *path;
    int fd; /* -1: the kernel does not report changes */
    struct timeval quiet;
    struct event *readable, *quiet_timer, *poll_timer;
    void (*changed)(void *context);
    void *context;
};

/* Watches the directory that is now at the path. Has no effect if that directory is watched already. */
static void add_watch(struct directory_watch *watch)
{
    const uint32_t mask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB;

    if (watch->fd >= 0)
        (void)inotify_add_watch(watch->fd, watch->path, mask | IN_ONLYDIR);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct directory_watch *watch = context;
    char events[BUFFER];

    while (read(fd, events, sizeof events) > 0)
        ;
    event_add(watch->quiet_timer, &watch->quiet);
}

static void on_quiet(evutil_socket_t fd, short what, void *context)
{
    struct directory_watch *watch = context;

    watch->changed(watch->context);
}

static void on_poll(evutil_socket_t fd, short what, void *context)
{
    struct directory_watch *watch = context;

    add_watch(watch);
    watch->changed(watch->context);
}

struct directory_watch *directory_watch_new(struct event_base *base, const char *path, unsigned quiet_ms,
                                            void (*changed)(void *context), void *context)
{
    struct directory_watch *watch = mem_alloc_zero(sizeof *watch);

    *watch = (struct directory_watch){.path = mem_copy_string(span_of(path)),
                                      .fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC),
                                      .quiet = {quiet_ms / 1000, (suseconds_t)(quiet_ms % 1000 * 1000)},
                                      .changed = changed,
                                      .context = context};
    watch->quiet_timer = event_new(base, -1, 0, on_quiet, watch);
    watch->poll_timer = event_new(base, -1, EV_PERSIST, on_poll, watch);
    event_add(watch->poll_timer, &(struct timeval){DIRECTORY_WATCH_POLL_MS / 1000, 0});
    if (watch->fd >= 0) {
        watch->readable = event_new(base, watch->fd, EV_READ | EV_PERSIST, on_readable, watch);
        event_watch(watch->readable);
    }
    add_watch(watch);
    return watch;
}

void directory_watch_free(struct directory_watch **place)
{
    struct directory_watch *watch = *place;

    *place = NULL;
    if (!watch)
        return;
    if (watch->readable)
        event_free(watch->readable);
    event_free(watch->quiet_timer);
    event_free(watch->poll_timer);
    if (watch->fd >= 0)
        close(watch->fd);
    free(watch->path);
    free(watch);
}
