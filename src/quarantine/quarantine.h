/* quarantine: where the originals are kept of messages that were not let through [Q1], and the promise that
 * one is safe there before anybody is told so [P3].
 *
 * Only one process opens it, the keeper while the service runs; a second one is refused. One incident is
 * ID.json and, unless the policy destroys, ID.eml (quarantine_name.h). The same content for another user or
 * from another server is a hard link to the bytes that are there; the same for the same user from the same
 * server refreshes its incident: new time, one more in its count, the same id.
 *
 * The order of a store: the bytes are hashed; if they are new, into a temporary file while they are hashed
 * again, fsync, their name, directory fsync; the record the same way. So a record never lies without its
 * original; an original without record and temporary files are what a crash leaves, and quarantine_open
 * sweeps them. What fails takes back what it had made.
 *
 * Incidents go [Q2] when they are past their retention, counted from the last time they came by a clock that
 * cannot be set (core/age), and when an administrator says so. A quarantine that is over a limit lets what is
 * past its retention go at once, then the originals of what was released, then it refuses: whoever was told
 * that a message is kept finds it kept, until its retention has passed. Nothing is ever written over.
 *
 * A release lets a content pass for its user from its server, or for everyone, until a time. It stands in the
 * incident's record, which stays for as long, so that it is seen and can be taken back by deleting. */
#ifndef POSTERN_QUARANTINE_QUARANTINE_H
#define POSTERN_QUARANTINE_QUARANTINE_H

#include "conf/conf.h"
#include "quarantine/incident_json.h"
#include "quarantine/quarantine_request.h"

struct quarantine;

/* 0 is no limit. */
struct quarantine_limits {
    uint64_t retention_s;
    uint64_t max_bytes;      /* of originals; shared ones count once */
    uint64_t max_incidents;  /* released ones without an original do not count */
    uint64_t min_free_bytes; /* on the file system, after a store */
    uint64_t min_free_files; /* the same of inodes, where it counts them */
    uint64_t release_s;      /* how long a release holds */
};

enum { QUARANTINE_RELEASE_S = 7 * 24 * 3600 };

/* Locks the directory, sweeps, loads the index. NULL and *error if it cannot be opened or we have no right to
 * write there, or everybody has; a full or read-only file system, which may change while we run, is found by
 * each store. No limit, and releases of a week. */
struct quarantine *quarantine_open(const char *directory, struct buf *error);
void quarantine_free(struct quarantine **quarantine);
void quarantine_limits_of(const struct conf *conf, struct quarantine_limits *limits);
void quarantine_limit(struct quarantine *quarantine, const struct quarantine_limits *limits);
/* The directory's descriptor, still the quarantine's: all of its calls are below it. */
int quarantine_directory(const struct quarantine *quarantine);
/* What its file system has left; UINT64_MAX: that is not known, or not counted. */
void quarantine_free_room(const struct quarantine *quarantine, uint64_t *bytes, uint64_t *files);
size_t quarantine_count(const struct quarantine *quarantine);

enum quarantine_stored {
    QUARANTINE_NOT_STORED, /* nothing was kept */
    QUARANTINE_STORED,
    QUARANTINE_RELEASED, /* nothing was kept: an incident of this id lets it pass */
};

/* Takes a reading of the clocks, which all that follows goes by. To be called before each of the calls below.
 * True if the wall clock was set since the last one. */
bool quarantine_query(struct quarantine *quarantine, const struct age_stamp *now, bool is_kept);
/* The same for a command, whose clock has been read. */
void quarantine_follow(struct quarantine *quarantine, const struct age_clock *clock);
const struct age_clock *quarantine_clock(const struct quarantine *quarantine);
/* Writes records anew whose recorded times have to be corrected (age_correct), `most` at a time. False and
 * *error if one could not be; *left: there are more. */
bool quarantine_correct_times(struct quarantine *quarantine, unsigned most, bool *left, struct buf *error);

/* Keeps the message of exactly incident->size bytes behind fd (whose offset does not matter), received now,
 * and fills in id, file and received_s; the incident's texts must be ended. `destroy` keeps no bytes and
 * leaves file empty, and then a record that cannot be written is no failure (*error tells). */
enum quarantine_stored quarantine_store(struct quarantine *quarantine, int fd, bool destroy,
                                        struct incident *incident, struct buf *error);

struct quarantine_gone {
    uint32_t incidents;
    uint64_t bytes;
};

/* Lets everything go that is past its retention and not released. False and *error if some of it would not
 * go. */
bool quarantine_expire(struct quarantine *quarantine, struct quarantine_gone *gone, struct buf *error);

/* Does what an administrator asks. */
void quarantine_serve(struct quarantine *quarantine, const struct quarantine_request *request,
                      struct quarantine_answer *answer);

#endif
