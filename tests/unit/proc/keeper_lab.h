/* keeper_lab: the keeper as a process of its own, with its sandbox, for the tests of it, which play the
 * parent and the relays. */
#ifndef POSTERN_TESTS_KEEPER_LAB_H
#define POSTERN_TESTS_KEEPER_LAB_H

#include "tests/unit/quarantine/quarantine_lab.h"

#include "proc/ipc/child.h"
#include "sys/privileges.h"

enum { RELAYS = 3, WAIT_S = 20 };

/* One end of a channel to the keeper, and what came from it. */
struct side {
    struct ipc *ipc;
    unsigned count[IPC_KIND_COUNT];
    struct ipc_stored stored;
    struct ipc_quarantined quarantined;
    struct ipc_peer accused;
    bool is_closed;
};

struct scene {
    struct event_base *base;
    char directory[40], moved[56], log[56]; /* moved: where a test may move the directory to */
    uint64_t retention_ms;
    pid_t keeper; /* 0: there is none to wait for */
    struct side parent, relays[RELAYS];
};

/* A directory, and no keeper yet. */
int setup(void **state);
/* The keeper runs, is ready and has all of its relays. */
int setup_running(void **state);
int teardown(void **state);

/* Whom it runs as. */
struct identity keeper_identity(void);
void start_keeper(struct scene *scene);
/* The relay's channel is a new one. */
void give_relay(struct scene *scene, struct side *relay, unsigned index);

/* Until so many of the kind have come to that side, ever. */
void wait_count(struct scene *scene, const struct side *side, enum ipc_kind kind, unsigned count);
void wait_closed(struct scene *scene, const struct side *side);
/* The exit status; the keeper must have reason to end. */
int wait_end(struct scene *scene);

/* What this relay may ask next. */
struct ipc_store request_of(const struct side *relay, uint64_t size);
void ask(struct side *relay, const struct ipc_store *request, struct span bytes);
/* Asks that the bytes be kept, and waits until they are. */
void stores_and_answers(struct scene *scene, struct side *relay, struct span bytes);

bool log_has(const struct scene *scene, const char *text);
void list_of(const struct scene *scene, struct quarantine_list *list);

#endif
