/* cross: what has to hold between settings, after all files were read. Pure: whether users, directories and
 * programs exist is found out at start. */
#ifndef POSTERN_CONF_CROSS_H
#define POSTERN_CONF_CROSS_H

#include "conf/reading.h"

void cross_check(struct reading *reading);

#endif
