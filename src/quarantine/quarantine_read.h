/* quarantine_read: read-only access to the quarantine, for list, show and export.
 *
 * The functions work with and without a running keeper. Records are created and replaced by rename, so that
 * no process ever reads an incomplete record. A record that cannot be read is only counted. Nothing here
 * writes or locks. */
#ifndef POSTERN_QUARANTINE_QUARANTINE_READ_H
#define POSTERN_QUARANTINE_QUARANTINE_READ_H

#include "quarantine/incident_json.h"

struct quarantine_list {
    size_t n;
    struct incident_record *at; /* newest first */
    size_t unreadable;          /* number of records that could not be read */
};

/* False with errno: the directory cannot be read. */
bool quarantine_list(int directory, struct quarantine_list *list);
void quarantine_list_fini(struct quarantine_list *list);

/* Returns the only incident with this id prefix. NULL: none or several match. *matches: number of matches. */
const struct incident_record *quarantine_list_find(const struct quarantine_list *list, const char *prefix,
                                                   size_t *matches);

/* Reads a record by its file name. If the original does not exist, or has another size than recorded, the
 * state becomes INCIDENT_MISSING. False: the record cannot be read, or is invalid. */
bool quarantine_read_record(int directory, const char *name, struct incident_record *record);
/* Opens the original for reading; -1 with errno. */
int quarantine_open_original(int directory, const struct incident_record *record);

#endif
