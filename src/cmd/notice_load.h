/* notice_load: loads the templates that the configuration names. */
#ifndef POSTERN_CMD_NOTICE_LOAD_H
#define POSTERN_CMD_NOTICE_LOAD_H

#include "conf/conf.h"
#include "notice/notice.h"

/* Loads a template for each of [notice] language, in that order. Equal languages share one template. If a
 * file cannot be read or is not a valid template, adds a problem and returns false. `conf` must outlive the
 * templates. */
bool notice_load(const struct conf *conf, struct notice_template *templates[CONF_LIST_MAX],
                 struct problems *problems);
/* Frees the templates and sets them to NULL. Must also be called after a load that has failed. */
void notice_unload(struct notice_template *templates[CONF_LIST_MAX]);

#endif
