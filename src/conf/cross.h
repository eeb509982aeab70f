/* cross: what has to hold between settings, after all files were read. Pure: whether users, directories and
 * programs exist is found out at start. */
#ifndef POSTERN_CONF_CROSS_H
#define POSTERN_CONF_CROSS_H

#include "conf/reading.h"

void cross_check(struct reading *reading);

/* The place where a setting got its value; the file alone where it has its default. */
struct reading_place cross_place_of(const struct reading *reading, const char *section, const char *key);
/* Was it given something that is no value of it? That is said, and what it lacks for it need not be. */
bool cross_is_refused(const struct reading *reading, const char *section, const char *key);

#endif
