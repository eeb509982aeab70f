/* conf_load: conf_read with real files. */
#ifndef POSTERN_CMD_CONF_LOAD_H
#define POSTERN_CMD_CONF_LOAD_H

#include "conf/conf.h"

/* As conf_read. Files over 1 MiB are errors. */
bool conf_load_as_written(struct conf *conf, const char *path, struct problems *problems);
/* As conf_load_as_written, and fits the configuration to a kernel without IPv6 (conf/without_ipv6). */
bool conf_load(struct conf *conf, const char *path, struct problems *problems);

#endif
