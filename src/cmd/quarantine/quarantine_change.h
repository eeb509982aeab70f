/* quarantine_change: release, delete, expire: the commands that change the quarantine.
 *
 * While the service runs, its keeper makes the changes, because it is the only writer (quarantine_backend);
 * the output is the same in both cases. */
#ifndef POSTERN_CMD_QUARANTINE_QUARANTINE_CHANGE_H
#define POSTERN_CMD_QUARANTINE_QUARANTINE_CHANGE_H

#include "cmd/quarantine/quarantine_options.h"
#include "conf/conf.h"

/* Returns the exit status, after a message on failure. */
int quarantine_change_release(const struct conf *conf, const struct quarantine_options *wish);
/* Removes all that may be removed. */
int quarantine_change_delete(const struct conf *conf, const struct quarantine_options *wish);
int quarantine_change_expire(const struct conf *conf, const struct quarantine_options *wish);

#endif
