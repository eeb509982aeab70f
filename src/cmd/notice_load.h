/* notice_load: the template that the configuration asks for, from its file. */
#ifndef POSTERN_CMD_NOTICE_LOAD_H
#define POSTERN_CMD_NOTICE_LOAD_H

#include "conf/conf.h"
#include "core/notice.h"

/* NULL, with a problem added, if there is no such file or it is no template. conf outlives the template. */
struct notice_template *notice_load(const struct conf *conf, struct conf_problems *problems);

#endif
