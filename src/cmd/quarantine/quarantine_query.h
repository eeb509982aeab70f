/* quarantine_query: list, show, export: what only looks, and copies out. They read the directory by
 * themselves, beside the running service and without it. */
#ifndef POSTERN_CMD_QUARANTINE_QUARANTINE_QUERY_H
#define POSTERN_CMD_QUARANTINE_QUARANTINE_QUERY_H

#include "cmd/quarantine/quarantine_options.h"
#include "conf/conf.h"

/* The exit status; what went wrong was said. */
int quarantine_query_list(const struct conf *conf, const struct quarantine_options *wish);
int quarantine_query_show(const struct conf *conf, const struct quarantine_options *wish);
int quarantine_query_export(const struct conf *conf, const struct quarantine_options *wish);

#endif
