/* parent_control_client: a connection to the control socket, its request, and the outstanding answers. */
#ifndef POSTERN_PROC_PARENT_PARENT_CONTROL_CLIENT_H
#define POSTERN_PROC_PARENT_PARENT_CONTROL_CLIENT_H

#include "proc/ipc/control.h"
#include "proc/parent/parent_internal.h"

/* The answers that a client can wait for. */
enum { AWAITS_ENGINES = 1, AWAITS_HELD = 2, AWAITS_TEST = 4, AWAITS_RELOAD = 8, AWAITS_QUARANTINE = 16 };

struct control_client {
    TAILQ_ENTRY(control_client) link;
    struct parent_control *control;
    int fd;
    struct event *readable, *timer;
    bool has_requested;
    bool send_failed; /* an answer could not be written */
    unsigned awaits;
    uint64_t id;                       /* of the test scan or quarantine request */
    uint64_t reload;                   /* number of the requested reload */
    bool undeliverable;                /* see control_scan */
    const struct child *scan, *keeper; /* the processes that have received a request for this client */
    struct control_state state;
};

struct parent_control {
    struct parent *parent;
    int fd;
    char *path;
    struct event *connectable, *resume;
    TAILQ_HEAD(, control_client) clients;
    unsigned client_count;
    uint64_t last_id;
};

/* Takes fd. `timer` is the callback of parent_control_client_set_timer. */
struct control_client *parent_control_client_new(struct parent_control *control, int fd,
                                                 event_callback_fn readable, event_callback_fn timer);
void parent_control_client_free(struct control_client *client);
void parent_control_client_set_timer(struct control_client *client, uint64_t ms);

/* If an answer cannot be written at once, it is dropped, and so are all later answers, even DONE. So no
 * client takes a part of the answers for all of them. */
void parent_control_client_send(struct control_client *client, enum control_kind kind, const void *payload);
/* Sends DONE. Frees the client. */
void parent_control_client_finish(struct control_client *client, bool ok);
/* Sends the reason and DONE. Frees the client. */
void parent_control_client_refuse(struct control_client *client, const char *why);

/* Sends the state, the processes and DONE, and frees the client. Call when no more answers for the status are
 * expected. */
void parent_control_client_finish_status(struct control_client *client);

#endif
