/* value: converts the text of one value to its field and back, by the setting's type and range.
 *
 * It knows nothing of files or other settings. A printed value reads back to the same value. Addresses are
 * numeric only: names are not resolved, because a change of a name would redirect the mail. */
#ifndef POSTERN_CONF_VALUE_H
#define POSTERN_CONF_VALUE_H

#include "conf/schema.h"

/* False: the field is unchanged, and *error says what was expected and what was found. text is trimmed and
 * has no control characters; strings are copied, and those they replace are freed. */
bool value_set(const struct setting *setting, struct conf *conf, struct span text, struct buf *error);
void value_print(const struct setting *setting, const struct conf *conf, struct buf *out);
bool value_is_initial(const struct setting *setting, const struct conf *conf);

/* Describes a valid value, or each one of a list, with its range: "a number from 1 to 64". */
void value_describe(const struct setting *setting, struct buf *out);

/* The word of a choice of this setting. */
const char *value_word(const struct setting *setting, unsigned value);

#endif
