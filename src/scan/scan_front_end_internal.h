/* scan_front_end_internal: shared by scan_front_end.c (requests and verdicts) and scan_followers.c (requests
 * with equal content). */
#ifndef POSTERN_SCAN_SCAN_FRONT_END_INTERNAL_H
#define POSTERN_SCAN_SCAN_FRONT_END_INTERNAL_H

#include "scan/known_verdicts.h"
#include "scan/partial_checks.h"
#include "scan/scan_front_end.h"
#include "scan/scan_objects.h"
#include "sys/message_hash.h"

#include <sys/queue.h>

enum pending_state {
    STATE_HASHING,
    STATE_FOLLOWING, /* waits for the verdict on a request with equal content, its leader */
    STATE_MAKING,    /* further objects are being made */
    STATE_QUEUED,
    STATE_CHECKING,  /* after the scan: the objects are checked for message/partial */
    STATE_WITHDRAWN, /* no verdict is wanted, but an engine is still scanning an object */
};

/* One request, until it is answered or, if forgotten, until its scan has ended. */
struct pending {
    LIST_ENTRY(pending) link;
    struct scan_front_end *front_end;
    struct scan_request request; /* owner NULL: no answer is wanted */
    enum pending_state state;
    bool is_taken_back;
    struct message_hash *hash; /* only in STATE_HASHING */
    struct scan_objects_job *objects;
    enum scan_objects_result made;
    struct pending *leader; /* only in STATE_FOLLOWING */
    size_t followers;       /* requests whose leader this is */
    bool is_second_try;     /* the scan for its former leader has failed */
    bool is_hashed;
    struct known_message message;  /* valid if is_hashed */
    struct verdict verdict;        /* the combined verdict of the engines */
    struct partial_checks *checks; /* only in STATE_CHECKING */
};

struct scan_front_end {
    struct event_base *base;
    struct scan_queue *queue;
    struct known_verdicts *known; /* or NULL */
    scan_queue_done *done;
    void *context;
    struct scan_objects *objects; /* or NULL */
    bool checks_partial;
    LIST_HEAD(, pending) all_pending;
    size_t count; /* of all_pending */
};

#endif
