/* quarantine_options: the options of `postern quarantine`, besides the verb. */
#ifndef POSTERN_CMD_QUARANTINE_QUARANTINE_OPTIONS_H
#define POSTERN_CMD_QUARANTINE_QUARANTINE_OPTIONS_H

#include "core/incident.h"

struct quarantine_options {
    bool json, force, everyone;
    const char *output; /* NULL or "-": standard output */
    char *const *ids;   /* as given: prefixes of ids, or names of files; none is empty */
    size_t id_count;
};

/* The part before the suffix of a file's name, or all of it; a text that is longer than an id gives one that
 * does not exist. */
void quarantine_options_id(const char *given, char start[INCIDENT_ID_SIZE]);

#endif
