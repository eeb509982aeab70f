/* quarantine: keeps the originals of messages that were not delivered [Q1], and guarantees that an original
 * is on disk before the message is reported as stored [P3].
 *
 * Only one process at a time can open it: the keeper, while the service runs. An incident consists of ID.json
 * and, unless the policy destroys the message, ID.eml (quarantine_name.h). If the content was received before
 * by another user or from another server, ID.eml is a hard link to the existing file. If the file system does
 * not support links, it is a copy. The same content for the same user from the same server refreshes the
 * existing incident: new time, count plus one, same id. So does a new form of the same mail
 * (quarantine_same_mail.h).
 *
 * Steps of a store: the bytes are hashed. New bytes are copied into a temporary file and hashed again. The
 * file is synced and renamed, and the directory is synced. After that the record is written by the same
 * steps. Therefore a crash never leaves a record without its original. It may leave an original without a
 * record, or a temporary file; quarantine_open removes these. If the store of a new incident fails, its steps
 * are undone.
 *
 * An incident is removed [Q2] when an administrator asks for it, or when its retention has expired and it is
 * not released. If its original was removed before because of a limit, it is also removed when its release
 * has expired. The retention counts from the most recent time of receipt, by base/age, so that a wrong wall
 * clock normally does not shorten it. If a store would exceed a limit, the quarantine first removes what has
 * expired, then the originals of released messages. If that is not enough, it refuses the store. So a message
 * that is not released is kept until its retention expires. No original is ever overwritten.
 *
 * A release lets a message pass for its user from its server, or for everyone, until a given time. It is part
 * of the incident's record. The record is kept that long, so that the release is visible, and can be revoked
 * by deleting the incident. */
#ifndef POSTERN_QUARANTINE_QUARANTINE_H
#define POSTERN_QUARANTINE_QUARANTINE_H

#include "conf/conf.h"
#include "quarantine/incident_json.h"
#include "quarantine/quarantine_request.h"

struct quarantine;

/* A value of 0 means no limit, except in release_s. */
struct quarantine_limits {
    uint64_t retention_s;
    uint64_t max_bytes;      /* of all originals; shared ones count once */
    uint64_t max_incidents;  /* released incidents without an original do not count */
    uint64_t min_free_bytes; /* space that must remain free on the file system after a store */
    uint64_t min_free_files; /* the same for inodes, if the file system counts them */
    uint64_t release_s;      /* how long a release is in effect */
};

enum { QUARANTINE_RELEASE_S = 7 * 24 * 3600 };

/* Locks the directory, removes what a crash has left, and loads the index. At first there are no limits, and
 * releases last one week. Returns NULL, with the reason in *error, if SHA-256 is not available or the
 * directory cannot be used: it cannot be opened or read, is in use, is world-writable, or is not writable for
 * this process. A full or read-only file system is not an error here, because it may change while the service
 * runs: each store reports it. */
struct quarantine *quarantine_open(const char *directory, struct buf *error);
void quarantine_free(struct quarantine **quarantine);
void quarantine_limits_of(const struct conf *conf, struct quarantine_limits *limits);
void quarantine_set_limits(struct quarantine *quarantine, const struct quarantine_limits *limits);
/* Returns the directory's descriptor, which the quarantine still owns. */
int quarantine_directory(const struct quarantine *quarantine);
/* Reads the free space and inodes of the file system; UINT64_MAX: unknown, or not counted. */
void quarantine_get_free_space(const struct quarantine *quarantine, uint64_t *bytes, uint64_t *files);
size_t quarantine_count(const struct quarantine *quarantine);

enum quarantine_stored {
    QUARANTINE_NOT_STORED, /* nothing was kept */
    QUARANTINE_STORED,
    QUARANTINE_RELEASED, /* nothing was kept; the incident with this id is released, so the message passes */
};

/* Sets the time for the calls below. This function or quarantine_set_clock must be called before each of
 * them. is_synchronised: NTP keeps the wall clock synchronised. Returns whether the wall clock was set since
 * the last call. */
bool quarantine_update_clock(struct quarantine *quarantine, const struct age_stamp *now,
                             bool is_synchronised);
/* The same for a caller with an age_clock of its own. */
void quarantine_set_clock(struct quarantine *quarantine, const struct age_clock *clock);
const struct age_clock *quarantine_clock(const struct quarantine *quarantine);
/* Corrects recorded times (age_correct), in at most `max` records per call. *is_more: there are more records
 * to correct. False and *error: a record could not be rewritten. */
bool quarantine_correct_times(struct quarantine *quarantine, unsigned max, bool *is_more, struct buf *error);

/* Stores the message in fd, received now. fd must have exactly incident->size bytes; its file offset is
 * ignored. The incident's texts must be terminated. Sets id, file and received_s. If the message is a new
 * form of a mail that was stored before, *incident becomes the incident of that mail, with the new verdict,
 * client and session.
 *
 * With `destroy`, only the record is written, and file is empty. If there is no room for that record, or it
 * cannot be written, the result is QUARANTINE_STORED all the same, and *error has the reason. */
enum quarantine_stored quarantine_store(struct quarantine *quarantine, int fd, bool destroy,
                                        struct incident *incident, struct buf *error);

struct quarantine_removed {
    uint32_t incidents;
    uint64_t bytes;
};

/* Removes all incidents that have expired and are not released. False and *error: an incident could not be
 * removed, or the directory could not be synced. */
bool quarantine_expire(struct quarantine *quarantine, struct quarantine_removed *removed, struct buf *error);

/* Carries out an administrator's request. */
void quarantine_serve(struct quarantine *quarantine, const struct quarantine_request *request,
                      struct quarantine_answer *answer);

#endif
