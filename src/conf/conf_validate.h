/* conf_validate: conditions between settings, checked after all files are read. Pure: whether users,
 * directories and programs exist is checked at start. */
#ifndef POSTERN_CONF_CONF_VALIDATE_H
#define POSTERN_CONF_CONF_VALIDATE_H

#include "conf/reading.h"

void conf_validate(struct reading *reading);

#endif
