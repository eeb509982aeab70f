/* quarantine_change: release, delete, expire: what changes the quarantine.
 *
 * While the service runs its keeper does them, for it is the only writer (quarantine_door); what is said of
 * them here is the same either way. */
#ifndef POSTERN_CMD_QUARANTINE_CHANGE_H
#define POSTERN_CMD_QUARANTINE_CHANGE_H

#include "conf/conf.h"
#include "svc/quarantine_request.h"

struct quarantine_wish {
    enum quarantine_verb verb;
    bool everyone, json;
    char *const *ids; /* as given: starts of ids, or names of files */
    size_t id_count;
};

/* What is before the suffix of a file's name, or all of it; cut where no id goes on. */
void quarantine_id_start(const char *given, char start[INCIDENT_ID_SIZE]);

/* CMD_DONE, or CMD_FAILED and said why. */
int quarantine_change(const struct conf *conf, const struct quarantine_wish *wish);

#endif
