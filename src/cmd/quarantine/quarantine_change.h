/* quarantine_change: the commands that change the quarantine: release, delete, expire.
 *
 * While the service runs, only the keeper writes, so the keeper makes the changes (quarantine_backend). The
 * output is the same with and without the service. */
#ifndef POSTERN_CMD_QUARANTINE_QUARANTINE_CHANGE_H
#define POSTERN_CMD_QUARANTINE_QUARANTINE_CHANGE_H

#include "cmd/quarantine/quarantine_options.h"
#include "conf/conf.h"

/* Each function returns the exit status. If it fails, it has printed a message. */
int quarantine_change_release(const struct conf *conf, const struct quarantine_options *options);
/* Tries to delete each of the given incidents, even if an earlier one could not be deleted. */
int quarantine_change_delete(const struct conf *conf, const struct quarantine_options *options);
int quarantine_change_expire(const struct conf *conf, const struct quarantine_options *options);

#endif
