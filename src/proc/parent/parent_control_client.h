/* parent_control_client: one connection to the control socket, in the parent: who has asked what, and what is
 * still to be answered. parent_control.c has the socket, parent_questions.c the questions, parent_answers.c
 * what comes back. */
#ifndef POSTERN_PROC_PARENT_PARENT_CONTROL_CLIENT_H
#define POSTERN_PROC_PARENT_PARENT_CONTROL_CLIENT_H

#include "proc/ipc/control.h"
#include "proc/parent/parent_internal.h"

/* What a client waits for. */
enum { AWAITS_ENGINES = 1, AWAITS_HELD = 2, AWAITS_TEST = 4, AWAITS_RELOAD = 8, AWAITS_QUARANTINE = 16 };

struct control_client {
    TAILQ_ENTRY(control_client) link;
    struct parent_control *control;
    int fd;
    struct event *readable, *timer;
    bool has_asked;
    bool send_failed; /* it does not take what is said */
    unsigned awaits;
    uint64_t id;     /* of its test, or of what it wants of the quarantine */
    uint64_t reload; /* which one it has asked for */
    bool undeliverable;
    const struct child *scan, *keeper; /* who was asked */
    struct control_state state;
};

struct parent_control {
    struct parent *parent;
    int fd;
    char *path;
    struct event *connectable;
    TAILQ_HEAD(, control_client) clients;
    unsigned client_count;
    uint64_t last_id;
};

/* Takes fd. `timer` is what happens when it has been silent, or was not answered, for too long. */
struct control_client *parent_control_client_new(struct parent_control *control, int fd,
                                                 event_callback_fn readable, event_callback_fn timer);
void parent_control_client_free(struct control_client *client);
void parent_control_client_set_timer(struct control_client *client, uint64_t ms);

/* What cannot be said at once is not said: then there is no DONE either, so nobody takes half an answer for a
 * whole one. */
void parent_control_client_send(struct control_client *client, enum control_kind kind, const void *payload);
/* DONE; frees it. */
void parent_control_client_finish(struct control_client *client, bool ok);
/* Says why, and DONE; frees it. */
void parent_control_client_refuse(struct control_client *client, const char *why);

/* The state, the processes and DONE: all that status asks for is there, or will not come; frees it. */
void parent_control_client_finish_status(struct control_client *client);

#endif
