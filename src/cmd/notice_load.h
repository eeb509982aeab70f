/* notice_load: loads the templates that the configuration names. */
#ifndef POSTERN_CMD_NOTICE_LOAD_H
#define POSTERN_CMD_NOTICE_LOAD_H

#include "conf/conf.h"
#include "notice/notice.h"

/* Loads a template for each of [notice] language, in that order; equal languages share one template. False,
 * with problems added, if a file cannot be read or is not a valid template. `conf` must outlive the
 * templates. */
bool notice_load(const struct conf *conf, struct notice_template *templates[CONF_LIST_MAX],
                 struct problems *problems);
/* Frees the templates, also after a load that failed, and sets them to NULL. */
void notice_unload(struct notice_template *templates[CONF_LIST_MAX]);

#endif
