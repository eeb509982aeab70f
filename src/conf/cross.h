/* cross: what has to hold between settings, after all files were read. Pure: whether users, directories and
 * programs exist is found out at start. */
#ifndef POSTERN_CONF_CROSS_H
#define POSTERN_CONF_CROSS_H

#include "conf/reading.h"

void cross_check(struct reading *reading);

/* The place where a setting got its value; the file alone where it has its default. */
struct reading_place cross_place_of(const struct reading *reading, const char *section, const char *key);

#endif
