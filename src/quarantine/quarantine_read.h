/* quarantine_read: what the quarantine holds, for those who only look: list, show, export.
 *
 * Works beside a running keeper and without one: records come and go by rename, so each is read whole. What
 * cannot be read is counted, not shown half. Nothing here writes or locks. */
#ifndef POSTERN_QUARANTINE_QUARANTINE_READ_H
#define POSTERN_QUARANTINE_QUARANTINE_READ_H

#include "quarantine/incident_json.h"

struct quarantine_list {
    size_t n;
    struct incident_record *at; /* newest first */
    size_t unreadable;          /* records of ours that could not be read */
};

/* False with errno if the directory cannot be read. */
bool quarantine_list(int directory, struct quarantine_list *list);
void quarantine_list_fini(struct quarantine_list *list);

/* The one incident whose id starts so; *matches says how many do, NULL unless it is one. */
const struct incident_record *quarantine_list_find(const struct quarantine_list *list, const char *prefix,
                                                   size_t *matches);

/* A record by its file's name. Its state is INCIDENT_MISSING if it names an original that is not there. */
bool quarantine_read_record(int directory, const char *name, struct incident_record *record);
/* The original, for reading; -1 with errno. */
int quarantine_open_original(int directory, const struct incident_record *record);

#endif
