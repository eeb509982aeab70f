/* value_list: values that are lists of words: port numbers, exit codes, engines, addresses, languages.
 *
 * Part of value.c, which has the types of single values. Nothing may stand twice in a list. */
#ifndef POSTERN_CONF_VALUE_LIST_H
#define POSTERN_CONF_VALUE_LIST_H

#include "conf/schema.h"

/* One pair a type, as value_set and value_print, on the field itself. */
#define VALUE_LISTS(X) X(engines) X(numbers) X(ports) X(addresses) X(sockets) X(languages)

#define X(type)                                                                                            \
    bool value_set_##type(const struct setting *setting, void *into, struct span text, struct buf *error); \
    void value_print_##type(const struct setting *setting, const void *from, struct buf *out);
VALUE_LISTS(X)
#undef X

/* value.c's, for these. */
/* Says what is wanted, and false. */
bool value_wanted(const struct setting *setting, struct span text, struct buf *error);
bool value_is_name(struct span text);
const struct choice *value_find_choice(const struct setting *setting, struct span word);
bool value_set_number(const struct setting *setting, void *into, struct span text, struct buf *error);

#endif
