/* value_list: values that are lists of words. A word must not occur twice in a list.
 *
 * value_list.c has port numbers, exit codes, engines, addresses, sockets and languages. value_gateway.c has
 * roles, interfaces, networks, hosts, and a mark with its mask. value_peers.c has the servers of [tls]
 * bypass. value.c has the other types. value_parts.c has functions that all of these files use. */
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
bool value_set_ports_or_none(const struct setting *setting, void *into, struct span text, struct buf *error);
bool value_set_peers(const struct setting *setting, void *into, struct span text, struct buf *error);

/* In value_describe.c, for all types. Appends "expected ..., got ...", and returns false. */
bool value_refuse(const struct setting *setting, struct span text, struct buf *error);
/* In value_parts.c, for all types. */
bool value_is_in_range(const struct setting *setting, uint64_t number);
bool value_is_name(struct span text);
const struct choice *value_find_choice(const struct setting *setting, struct span word);
/* Reads a decimal number, or a hexadecimal one with 0x. */
bool value_read_mark(struct span text, uint64_t *number);
bool value_set_number(const struct setting *setting, void *into, struct span text, struct buf *error);
/* In value_list.c. Both append an error and return false. */
bool value_too_many(struct buf *error, uint64_t max);
bool value_duplicate(struct buf *error, struct span word);

#endif
