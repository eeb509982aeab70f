/* value: the text of one value into its field and back, by the setting's type and range.
 *
 * Knows nothing of files or of other settings. What is printed reads back to the same value. Addresses are
 * numeric only: names are not looked up here, and a name that changes would move the mail. */
#ifndef POSTERN_CONF_VALUE_H
#define POSTERN_CONF_VALUE_H

#include "conf/schema.h"

/* False: the field is as it was, and *error says what is wanted and what was found. text is trimmed, without
 * control characters; strings are copied, and what they replace is freed. */
bool value_set(const struct setting *setting, struct conf *conf, struct span text, struct buf *error);
void value_print(const struct setting *setting, const struct conf *conf, struct buf *out);
bool value_is_initial(const struct setting *setting, const struct conf *conf);

/* What is wanted of a value, or of each of a list, with its range: "a number from 1 to 64". */
void value_describe(const struct setting *setting, struct buf *out);

/* The word of a choice of this setting. */
const char *value_word(const struct setting *setting, unsigned value);

#endif
