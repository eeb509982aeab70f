/* quarantine_request: what an administrator has done to the quarantine, and what came of it, in a fixed size.
 *
 * The keeper is the only writer, so while the service runs a request goes to it: from the control socket to
 * the parent, from there as IPC_QUARANTINE, and the answer the same way back (IPC_QUARANTINED). With the
 * service stopped, whoever gets the lock of the directory serves it by itself (quarantine_serve). Neither
 * side believes the other's texts to be ended. */
#ifndef POSTERN_QUARANTINE_QUARANTINE_REQUEST_H
#define POSTERN_QUARANTINE_QUARANTINE_REQUEST_H

#include "core/incident.h"

enum quarantine_verb {
    QUARANTINE_RELEASE, /* this content passes for this user from this server, until a time */
    QUARANTINE_DELETE,  /* one incident: original, record, release */
    QUARANTINE_EXPIRE,  /* everything past its retention, now; no id */
    QUARANTINE_VERB_COUNT
};

struct quarantine_request {
    uint8_t verb;              /* enum quarantine_verb */
    uint8_t everyone;          /* RELEASE: 1: for every user, from every server */
    char id[INCIDENT_ID_SIZE]; /* its start, as long as it fits one incident only; NUL-terminated */
};

enum quarantine_result {
    QUARANTINE_REFUSED, /* .text says why */
    QUARANTINE_DONE,
};

struct quarantine_answer {
    uint8_t result; /* enum quarantine_result */
    uint8_t everyone;
    uint32_t removed;          /* incidents that are no more */
    uint64_t freed_bytes;      /* of originals; a file that another incident shares is not gone */
    int64_t until_s;           /* RELEASE: Unix time */
    char id[INCIDENT_ID_SIZE]; /* whole */
    char user[128], server[64];
    char text[256]; /* for people; empty with QUARANTINE_DONE */
};

#endif
