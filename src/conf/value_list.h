/* value_list: values that are lists of words: port numbers, exit codes, engines, addresses, languages; and,
 * in value_gateway.c, roles, interfaces, networks, hosts, and a mark with its mask.
 *
 * A list must not contain a value twice. value.c has the other types, value_parts.c what all of them use. */
#ifndef POSTERN_CONF_VALUE_LIST_H
#define POSTERN_CONF_VALUE_LIST_H

#include "conf/schema.h"

/* One pair of functions per type: like value_set and value_print, but with a pointer to the field. */
#define VALUE_LISTS(X) \
    X(engines)         \
    X(numbers)         \
    X(ports) X(addresses) X(sockets) X(languages) X(words) X(interfaces) X(networks) X(hosts) X(masked)

#define X(type)                                                                                            \
    bool value_set_##type(const struct setting *setting, void *into, struct span text, struct buf *error); \
    void value_print_##type(const struct setting *setting, const void *from, struct buf *out);
VALUE_LISTS(X)
#undef X

/* In value_describe.c, for all types: appends "expected ..., got ..."; returns false. */
bool value_refuse(const struct setting *setting, struct span text, struct buf *error);
/* In value_parts.c, for all types. */
bool value_is_in_range(const struct setting *setting, uint64_t number);
bool value_is_name(struct span text);
const struct choice *value_find_choice(const struct setting *setting, struct span word);
/* Reads a number, which may be hexadecimal, with 0x. */
bool value_read_mark(struct span text, uint64_t *number);
bool value_set_number(const struct setting *setting, void *into, struct span text, struct buf *error);
/* In value_list.c: each appends an error and returns false. */
bool value_too_many(struct buf *error, uint64_t max);
bool value_duplicate(struct buf *error, struct span word);

#endif
