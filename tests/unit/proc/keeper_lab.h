/* keeper_lab: runs the keeper as a process with its sandbox; the test plays the parent and the relays. */
#ifndef POSTERN_TESTS_KEEPER_LAB_H
#define POSTERN_TESTS_KEEPER_LAB_H

#include "tests/unit/quarantine/quarantine_lab.h"

#include "proc/ipc/child.h"
#include "sys/privileges.h"

enum { RELAYS = 3, WAIT_S = 20 };

/* One end of a channel to the keeper, and what it received. */
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
    char directory[40], moved[56], log[56]; /* moved: to which a test may move the directory */
    uint64_t retention_ms;
    pid_t keeper; /* 0: none is running */
    struct side parent, relays[RELAYS];
};

/* Makes a directory, but starts no keeper. */
int setup(void **state);
/* Starts the keeper, and waits until it is ready and has all of its relays. */
int setup_running(void **state);
int teardown(void **state);

/* The user and group of the keeper. */
struct identity keeper_identity(void);
void start_keeper(struct scene *scene);
/* Gives the relay a new channel. */
void give_relay(struct scene *scene, struct side *relay, unsigned index);

/* Waits until that side has received so many messages of the kind in total. */
void wait_count(struct scene *scene, const struct side *side, enum ipc_kind kind, unsigned count);
void wait_closed(struct scene *scene, const struct side *side);
/* Waits for the end of the keeper, which must have a reason to end. Returns the exit status. */
int wait_end(struct scene *scene);

/* Returns the relay's next request. */
struct ipc_store request_of(const struct side *relay, uint64_t size);
void send_store(struct side *relay, const struct ipc_store *request, struct span bytes);
/* Requests that the bytes be stored, and waits for the answer. */
void store_and_await_answer(struct scene *scene, struct side *relay, struct span bytes);

bool log_has(const struct scene *scene, const char *text);
void list_of(const struct scene *scene, struct quarantine_list *list);

#endif
