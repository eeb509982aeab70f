/* quarantine: where the originals are kept of messages that were not let through [Q1], and the promise that
 * one is safe there before anybody is told so [P3].
 *
 * Only the keeper opens it for writing; a second writer is refused. One incident is ID.json and, unless the
 * policy destroys, ID.eml (quarantine_name.h). The same content for another user or from another server is a
 * hard link to the bytes that are there; the same for the same user from the same server refreshes its
 * incident: new time, one more in its count, the same id.
 *
 * The order of a store: the bytes into a temporary file while they are hashed, fsync, their name, directory
 * fsync; the record the same way. So a record never lies without its original; an original without record and
 * temporary files are what a crash leaves, and quarantine_open sweeps them. What fails takes back what it had
 * made. Retention and quotas are not decided here. */
#ifndef POSTERN_SVC_QUARANTINE_H
#define POSTERN_SVC_QUARANTINE_H

#include "svc/incident_json.h"

struct quarantine;

/* Locks the directory, sweeps, loads the index. NULL and *error if it cannot be opened or we have no right to
 * write there, or everybody has; a full or read-only file system, which may change while we run, is found by
 * each store. */
struct quarantine *quarantine_open(const char *directory, struct buf *error);
void quarantine_free(struct quarantine **quarantine);
/* The directory's descriptor, still the quarantine's: all of its calls are below it. */
int quarantine_directory(const struct quarantine *quarantine);
size_t quarantine_count(const struct quarantine *quarantine);

/* Keeps the message of exactly incident->size bytes behind fd (whose offset does not matter) and fills in id
 * and file; the incident's texts must be ended. `destroy` keeps no bytes and leaves file empty, and then a
 * record that cannot be written is no failure (*error tells). False and *error: nothing was kept. */
bool quarantine_store(struct quarantine *quarantine, int fd, bool destroy, struct incident *incident,
                      struct buf *error);

#endif
