/* notice_load: loads the templates that the configuration names. */
#ifndef POSTERN_CMD_NOTICE_LOAD_H
#define POSTERN_CMD_NOTICE_LOAD_H

#include "conf/conf.h"
#include "notice/notice.h"

/* One for each of [notice] language, in that order, each file once: two of one name are one template. False,
 * with problems added, if a file is missing or is not a template. conf outlives them. */
bool notice_load(const struct conf *conf, struct notice_template *templates[CONF_LIST_MAX],
                 struct problems *problems);
/* Also frees a partial load; sets them to NULL. */
void notice_unload(struct notice_template *templates[CONF_LIST_MAX]);

#endif
