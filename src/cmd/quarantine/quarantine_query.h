/* quarantine_query: the commands that only read: list, show, export. They read the quarantine's directory
 * directly, even if the service runs. */
#ifndef POSTERN_CMD_QUARANTINE_QUARANTINE_QUERY_H
#define POSTERN_CMD_QUARANTINE_QUARANTINE_QUERY_H

#include "cmd/quarantine/quarantine_options.h"
#include "conf/conf.h"

/* Each function returns the exit status. If it fails, it has printed a message. */
int quarantine_query_list(const struct conf *conf, const struct quarantine_options *options);
int quarantine_query_show(const struct conf *conf, const struct quarantine_options *options);
int quarantine_query_export(const struct conf *conf, const struct quarantine_options *options);

#endif
