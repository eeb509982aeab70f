/* conf_validate: what has to hold between settings, after all files were read. Pure: whether users,
 * directories and programs exist is found out at start. */
#ifndef POSTERN_CONF_CONF_VALIDATE_H
#define POSTERN_CONF_CONF_VALIDATE_H

#include "conf/reading.h"

void conf_validate(struct reading *reading);

#endif
