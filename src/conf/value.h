/* value: converts the text of one value to its field in struct conf and back.
 *
 * Whether a value is valid depends only on the type and range of its setting. Reading a printed value gives
 * the same value. Addresses are numeric only. Names are not resolved, because a changed DNS record would
 * redirect the mail. */
#ifndef POSTERN_CONF_VALUE_H
#define POSTERN_CONF_VALUE_H

#include "conf/schema.h"

/* False: the field is unchanged, and *error has the reason. `text` must be trimmed and have no control
 * characters. A string is copied, and the old string of the field is freed. */
bool value_set(const struct setting *setting, struct conf *conf, struct span text, struct buf *error);
void value_print(const struct setting *setting, const struct conf *conf, struct buf *out);
bool value_is_default(const struct setting *setting, const struct conf *conf);

/* Appends a description of a valid value, or of each value of a list: "a number from 1 to 64". */
void value_describe(const struct setting *setting, struct buf *out);

/* Returns the word for this value of the setting; NULL if there is none. */
const char *value_word(const struct setting *setting, unsigned value);

#endif
