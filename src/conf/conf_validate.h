/* conf_validate: checks how settings fit each other, after all files are read. Pure: cmd/startup_checks
 * checks whether users, directories and programs exist. */
#ifndef POSTERN_CONF_CONF_VALIDATE_H
#define POSTERN_CONF_CONF_VALIDATE_H

#include "conf/reading.h"

void conf_validate(struct reading *reading);

#endif
