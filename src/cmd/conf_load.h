/* conf_load: reads the configuration from files. */
#ifndef POSTERN_CMD_CONF_LOAD_H
#define POSTERN_CMD_CONF_LOAD_H

#include "conf/conf.h"

/* Like conf_read. A file of more than 1 MiB is an error. */
bool conf_load_as_written(struct conf *conf, const char *path, struct problems *problems);
/* Like conf_load_as_written. If the kernel has no IPv6, also adapts the configuration (conf/without_ipv6). */
bool conf_load(struct conf *conf, const char *path, struct problems *problems);

#endif
