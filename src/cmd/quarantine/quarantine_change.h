/* quarantine_change: release, delete, expire: what changes the quarantine.
 *
 * While the service runs its keeper does them, for it is the only writer (quarantine_backend); what is said
 * of them here is the same either way. */
#ifndef POSTERN_CMD_QUARANTINE_QUARANTINE_CHANGE_H
#define POSTERN_CMD_QUARANTINE_QUARANTINE_CHANGE_H

#include "cmd/quarantine/quarantine_options.h"
#include "conf/conf.h"

/* The exit status; what went wrong was said. */
int quarantine_change_release(const struct conf *conf, const struct quarantine_options *wish);
/* All that can go do. */
int quarantine_change_delete(const struct conf *conf, const struct quarantine_options *wish);
int quarantine_change_expire(const struct conf *conf, const struct quarantine_options *wish);

#endif
