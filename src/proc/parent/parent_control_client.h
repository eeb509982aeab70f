/* parent_control_client: one connection to the control socket, in the parent: who has asked what, and what is
 * still to be answered. parent_control.c has the socket, parent_questions.c the questions, parent_answers.c
 * what comes back. */
#ifndef POSTERN_PROC_PARENT_PARENT_CONTROL_CLIENT_H
#define POSTERN_PROC_PARENT_PARENT_CONTROL_CLIENT_H

#include "proc/ipc/control.h"
#include "proc/parent/parent_control.h"

/* What an asker waits for. */
enum { AWAITS_ENGINES = 1, AWAITS_HELD = 2, AWAITS_TEST = 4, AWAITS_RELOAD = 8, AWAITS_QUARANTINE = 16 };

struct asker {
    TAILQ_ENTRY(asker) link;
    struct control *control;
    int fd;
    struct event *readable, *timer;
    bool has_asked;
    bool is_deaf; /* it does not take what is said */
    unsigned awaits;
    uint64_t id;     /* of its test, or of what it wants of the quarantine */
    uint64_t reload; /* which one it has asked for */
    bool undeliverable;
    const struct child *scan, *keeper; /* who was asked */
    struct control_state state;
};

struct control {
    struct parent *parent;
    int fd;
    char *path;
    struct event *connectable;
    TAILQ_HEAD(, asker) askers;
    unsigned asker_count;
    uint64_t last_id;
};

/* Takes fd. `timer` is what happens when it has been silent, or was not answered, for too long. */
struct asker *parent_control_client_new(struct control *control, int fd, event_callback_fn readable,
                                        event_callback_fn timer);
void parent_control_client_free(struct asker *asker);
void parent_control_client_set_timer(struct asker *asker, uint64_t ms);

/* What cannot be said at once is not said: then there is no DONE either, so nobody takes half an answer for a
 * whole one. */
void parent_control_client_say(struct asker *asker, enum control_kind kind, const void *payload);
/* DONE; frees it. */
void parent_control_client_finish(struct asker *asker, bool ok);
/* Says why, and DONE; frees it. */
void parent_control_client_refuse(struct asker *asker, const char *why);

/* parent_questions.c */
void parent_questions_begin(struct asker *asker, const struct control_message *message);
/* It has waited too long. */
void parent_questions_overdue(struct asker *asker);
/* All that status asks for is there, or will not come; frees it. */
void parent_questions_finish_status(struct asker *asker);

#endif
