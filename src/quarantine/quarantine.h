/* quarantine: keeps the originals of messages that were not delivered [Q1], and guarantees that an original
 * is safely on disk before that is reported to anyone [P3].
 *
 * Only one process may open it, the keeper while the service runs; a second one is refused. An incident
 * consists of ID.json and, unless the policy destroys the message, ID.eml (quarantine_name.h). The same
 * content for another user or from another server is a hard link to the existing file. The same content for
 * the same user from the same server refreshes its incident: new time, count plus one, same id.
 *
 * Order of a store: the bytes are hashed; if they are new, they are copied into a temporary file and hashed
 * again; fsync, rename, fsync of the directory; then the same for the record. So there is never a record
 * without its original; a crash leaves at most an original without a record, and temporary files, which
 * quarantine_open removes. A store that fails undoes its steps.
 *
 * Incidents are removed [Q2] when their retention has expired, counted from the most recent time of receipt
 * by a clock that cannot be set (core/age), and when an administrator asks for it. A quarantine that is over
 * a limit first removes what has expired, then the originals of released messages; then it refuses: a message
 * that was reported as kept is kept until its retention expires. Nothing is ever overwritten.
 *
 * A release lets a content pass for its user from its server, or for everyone, until a given time. It is part
 * of the incident's record, which is kept that long, so that the release is visible and can be revoked by
 * deleting the incident. */
#ifndef POSTERN_QUARANTINE_QUARANTINE_H
#define POSTERN_QUARANTINE_QUARANTINE_H

#include "conf/conf.h"
#include "quarantine/incident_json.h"
#include "quarantine/quarantine_request.h"

struct quarantine;

/* 0: no limit. */
struct quarantine_limits {
    uint64_t retention_s;
    uint64_t max_bytes;      /* of all originals; shared ones count once */
    uint64_t max_incidents;  /* released incidents without an original do not count */
    uint64_t min_free_bytes; /* on the file system, after a store */
    uint64_t min_free_files; /* the same for inodes, if the file system counts them */
    uint64_t release_s;      /* how long a release is in effect */
};

enum { QUARANTINE_RELEASE_S = 7 * 24 * 3600 };

/* Locks the directory, removes remains and loads the index. NULL with *error: the directory cannot be opened,
 * is not writable by us, or is world-writable. A full or read-only file system is not an error here, since it
 * may change while the service runs: each store reports it. Starts with no limits, and releases of one
 * week. */
struct quarantine *quarantine_open(const char *directory, struct buf *error);
void quarantine_free(struct quarantine **quarantine);
void quarantine_limits_of(const struct conf *conf, struct quarantine_limits *limits);
void quarantine_limit(struct quarantine *quarantine, const struct quarantine_limits *limits);
/* The directory's descriptor, for calls relative to it. The quarantine keeps it. */
int quarantine_directory(const struct quarantine *quarantine);
/* Free space and inodes of the file system; UINT64_MAX: unknown, or not counted. */
void quarantine_free_room(const struct quarantine *quarantine, uint64_t *bytes, uint64_t *files);
size_t quarantine_count(const struct quarantine *quarantine);

enum quarantine_stored {
    QUARANTINE_NOT_STORED, /* nothing was kept */
    QUARANTINE_STORED,
    QUARANTINE_RELEASED, /* nothing was kept: an incident with this id is released and lets the message pass
                          */
};

/* Reads the clocks for the calls below; call it before each of them. True: the wall clock was set since the
 * last call. */
bool quarantine_query(struct quarantine *quarantine, const struct age_stamp *now, bool is_kept);
/* The same for a command that has already read the clock. */
void quarantine_follow(struct quarantine *quarantine, const struct age_clock *clock);
const struct age_clock *quarantine_clock(const struct quarantine *quarantine);
/* Corrects recorded times (age_correct), at most `most` records per call. False and *error: one could not be
 * rewritten. *left: there are more. */
bool quarantine_correct_times(struct quarantine *quarantine, unsigned most, bool *left, struct buf *error);

/* Keeps the message in fd (exactly incident->size bytes; the file offset is ignored), received now. Fills in
 * id, file and received_s; the incident's texts must be terminated. `destroy` keeps no bytes and leaves file
 * empty; then a record that cannot be written is not a failure, but *error says why. */
enum quarantine_stored quarantine_store(struct quarantine *quarantine, int fd, bool destroy,
                                        struct incident *incident, struct buf *error);

struct quarantine_gone {
    uint32_t incidents;
    uint64_t bytes;
};

/* Removes everything that has expired and is not released. False and *error: some of it could not be
 * removed. */
bool quarantine_expire(struct quarantine *quarantine, struct quarantine_gone *gone, struct buf *error);

/* Carries out an administrator's request. */
void quarantine_serve(struct quarantine *quarantine, const struct quarantine_request *request,
                      struct quarantine_answer *answer);

#endif
