/* conf_validate: checks whether the settings fit together, after all files were read. Pure:
 * cmd/startup_checks checks whether users, directories and programs exist. */
#ifndef POSTERN_CONF_CONF_VALIDATE_H
#define POSTERN_CONF_CONF_VALIDATE_H

#include "conf/reading.h"

void conf_validate(struct reading *reading);

#endif
