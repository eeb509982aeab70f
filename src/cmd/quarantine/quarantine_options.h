/* quarantine_options: the options and operands of the verbs of `postern quarantine`. */
#ifndef POSTERN_CMD_QUARANTINE_QUARANTINE_OPTIONS_H
#define POSTERN_CMD_QUARANTINE_QUARANTINE_OPTIONS_H

#include "core/incident.h"

struct quarantine_options {
    bool json, force, everyone;
    const char *output; /* NULL or "-": standard output */
    char *const *ids; /* as given: prefixes of ids, or names of files in the quarantine; no string is empty */
    size_t id_count;
};

/* The name of a file in the quarantine contains an id. If `given` has the form of such a name, sets `prefix`
 * to that id, otherwise to `given`. A string longer than an id becomes "-", which matches no id. */
void quarantine_options_id(const char *given, char prefix[INCIDENT_ID_SIZE]);

#endif
