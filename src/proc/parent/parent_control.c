#include "proc/parent/parent_control.h"

#include "base/buf.h"
#include "proc/parent/child_start.h"
#include "proc/parent/parent_control_client.h"
#include "proc/parent/parent_requests.h"
#include "net/local_socket.h"
#include "sys/event_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REQUEST_MS = 10000, CLIENTS_MAX = 64, ACCEPT_PAUSE_MS = 100 };

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    parent_requests_overdue(context);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct control_client *client = context;
    struct control_message message;

    switch (control_receive(fd, CONTROL_COMMAND, &message)) {
    case CHANNEL_OK: break;
    case CHANNEL_FULL: return;
    case CHANNEL_LATER:
    case CHANNEL_LOST:
    case CHANNEL_CLOSED: parent_control_client_free(client); return;
    case CHANNEL_BROKEN:
        parent_control_client_refuse(
            client, "the service does not understand the request: it may be another version of the program");
        return;
    }
    if (client->has_requested)
        parent_control_client_refuse(client, "only one request per connection");
    else
        parent_requests_begin(client, &message);
    if (message.carried >= 0)
        close(message.carried);
}

static bool may_request(const struct parent *parent, const struct local_peer *peer)
{
    struct identity user;

    if (peer->uid == 0)
        return true;
    if (local_peer_is_below(peer, getpid()))
        return false;
    return peer->uid == geteuid() || (privileges_find(parent->config->conf.postern.user, &user) &&
                                      (peer->uid == user.uid || local_peer_has_group(peer, user.gid)));
}

static void log_refused(const struct local_peer *peer)
{
    struct log_line line;

    log_begin(&line, EVENT_control_refused);
    log_number(&line, "uid", peer->uid);
    log_number(&line, "gid", peer->groups[0]);
    log_number(&line, "pid", (uint64_t)peer->pid);
    log_end(&line);
}

static void on_resume(evutil_socket_t fd, short what, void *context)
{
    struct parent_control *control = context;

    event_watch(control->connectable);
}

/* Without descriptors or memory, the listener would stay readable, and the event loop would never sleep. */
static void pause_accepting(struct parent_control *control)
{
    event_del(control->connectable);
    event_add(control->resume, &(struct timeval){0, ACCEPT_PAUSE_MS * 1000});
}

static void on_connectable(evutil_socket_t listener, short what, void *context)
{
    struct parent_control *control = context;
    struct local_peer peer;
    struct control_client *client;
    int fd = local_accept(listener, &peer);

    if (fd < 0) {
        if (errno != EAGAIN)
            pause_accepting(control);
        return;
    }
    client = parent_control_client_new(control, fd, on_readable, on_timer);
    if (control->client_count > CLIENTS_MAX) {
        parent_control_client_refuse(client, "too many requests at the moment; try again");
    } else if (!may_request(control->parent, &peer)) {
        log_refused(&peer);
        parent_control_client_refuse(
            client, "only root and members of the service's group may use the control socket");
    } else {
        event_watch(client->readable);
        parent_control_client_set_timer(client, REQUEST_MS);
    }
}

void parent_control_open(struct parent *parent)
{
    const char *directory = parent->config->conf.postern.runtime_directory;
    struct parent_control *control;
    struct buf path = {0};
    int fd;

    control_path(directory, &path);
    if (mkdir(directory, 0755) == 0)
        chmod(directory, 0755); /* regardless of the umask */
    fd = local_listen(buf_c_str(&path));
    if (fd < 0) {
        log_text(EVENT_no_control, "%s: %m; status and similar commands are unavailable", buf_c_str(&path));
        buf_fini(&path);
        return;
    }
    control = mem_alloc_zero(sizeof *control);
    *control = (struct parent_control){.parent = parent, .fd = fd, .path = mem_copy_string(buf_span(&path))};
    buf_fini(&path);
    TAILQ_INIT(&control->clients);
    control->connectable = event_new(parent->base, fd, EV_READ | EV_PERSIST, on_connectable, control);
    event_watch(control->connectable);
    control->resume = evtimer_new(parent->base, on_resume, control);
    parent->control = control;
}

void parent_control_close(struct parent *parent)
{
    struct parent_control *control = parent->control;

    parent->control = NULL;
    if (!control)
        return;
    while (!TAILQ_EMPTY(&control->clients))
        parent_control_client_refuse(TAILQ_FIRST(&control->clients), "the service is stopping");
    event_free(control->connectable);
    event_free(control->resume);
    close(control->fd);
    unlink(control->path);
    free(control->path);
    free(control);
}
