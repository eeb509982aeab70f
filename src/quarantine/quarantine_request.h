/* quarantine_request: an administrator's request to the quarantine and its result, in a fixed size.
 *
 * Only the keeper writes. While the service runs, a request goes through the control socket to the parent,
 * and as IPC_QUARANTINE to the keeper. The answer (IPC_QUARANTINED) goes back along the same path. If the
 * service does not run, the command locks the directory and carries out the request itself
 * (quarantine_serve). Each side checks or restores the final NULs in the texts that it receives. */
#ifndef POSTERN_QUARANTINE_QUARANTINE_REQUEST_H
#define POSTERN_QUARANTINE_QUARANTINE_REQUEST_H

#include "core/incident.h"

enum quarantine_verb {
    QUARANTINE_RELEASE, /* let this message pass for its user from its server, until a given time */
    QUARANTINE_DELETE,  /* remove one incident: original, record, release */
    QUARANTINE_EXPIRE,  /* remove all incidents that have expired and are not released; takes no id */
    QUARANTINE_VERB_COUNT
};

struct quarantine_request {
    uint8_t verb;              /* enum quarantine_verb */
    uint8_t everyone;          /* 1: a RELEASE is for all users and servers */
    char id[INCIDENT_ID_SIZE]; /* prefix of an id that must match exactly one incident; NUL-terminated */
};

enum quarantine_result {
    QUARANTINE_REFUSED, /* .text has the reason */
    QUARANTINE_DONE,
};

struct quarantine_answer {
    uint8_t result; /* enum quarantine_result */
    uint8_t everyone;
    uint32_t removed;          /* number of incidents removed */
    uint64_t freed_bytes;      /* size of the originals removed, except those that another incident shares */
    int64_t until_s;           /* Unix time when the release ends */
    char id[INCIDENT_ID_SIZE]; /* the full id */
    char user[128], server[64];
    char text[256]; /* for the administrator; empty if QUARANTINE_DONE */
};

#endif
