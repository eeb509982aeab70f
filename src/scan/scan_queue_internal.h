/* scan_queue_internal: shared by scan_queue.c (requests and verdicts) and scan_choice.c (what is scanned
 * next). */
#ifndef POSTERN_SCAN_SCAN_QUEUE_INTERNAL_H
#define POSTERN_SCAN_SCAN_QUEUE_INTERNAL_H

#include "scan/scan_clients.h"
#include "scan/scan_queue.h"

#include <sys/queue.h>

enum part_state { PART_WAITING, PART_RUNNING, PART_DONE };

/* One object for one engine. */
struct part {
    struct engine_job job; /* first member, so that the job's address is also the part's */
    struct ticket *ticket;
    size_t engine;
    const struct scan_object *object;
    enum part_state state;
    unsigned tries;            /* scans that have ended at a short limit without a verdict */
    bool is_long;              /* its scan may last until the deadline */
    uint64_t began_ms;         /* if running */
    uint64_t unready_since_ms; /* since when the part waits for an engine that is not ready; 0: it does not */
    unsigned passed_over;
};

/* One request. */
struct ticket {
    TAILQ_ENTRY(ticket) link;
    struct scan_queue *queue;
    struct scan_client *client;
    struct scan_request request;
    bool is_withdrawn;
    struct verdict worst;
    bool is_judged; /* `worst` is valid */
    size_t parts_open, part_count;
    struct part parts[];
};

/* How many parts an engine is scanning. */
struct engine_load {
    unsigned running, is_long; /* is_long: those that may last until the deadline; part of `running` */
};

struct scan_queue {
    struct engine *const *engines;
    size_t engine_count;
    struct engine_load loads[SCAN_QUEUE_ENGINES_MAX];
    uint64_t deadline_ms;
    scan_queue_done *done;
    void *context;
    TAILQ_HEAD(, ticket) tickets; /* oldest first */
    struct scan_clients *clients;
    uint64_t turn; /* grows with each scan that is started */
    struct event *tick, *dispatch;
};

/* What an engine should do next. */
struct scan_choice {
    struct part *part; /* NULL: nothing may start now */
    uint64_t limit_ms; /* time limit of the scan */
    bool is_long;      /* the limit is the deadline */
};

struct scan_choice scan_choice_make(struct scan_queue *queue, size_t engine, uint64_t now_ms);
/* Call when the engine has taken the part. Counts that the client's older parts, which wait for the same
 * engine, were passed over. */
void scan_choice_taken(struct scan_queue *queue, const struct part *chosen);

#endif
