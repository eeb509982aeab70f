/* schema: every key of the configuration, once.
 *
 * One table has each key's section, name, type, offset in struct conf, default, range and description. The
 * parsers, the defaults, the printed configuration, the sample file and the keys in postern.conf(5) come from
 * it. Macros check at compile time that each field has the C type for the type of its setting. */
#ifndef POSTERN_CONF_SCHEMA_H
#define POSTERN_CONF_SCHEMA_H

#include "base/buf.h"
#include "conf/conf.h"

/* X(name, C type of the field). Types that need an explanation:
 *
 *     AUTO        a number, or the word auto, which is 0
 *     MARK        a number, hexadecimal with 0x, or the word none, which is 0
 *     BYTES       with K, M, G (powers of 1024)
 *     TIME        milliseconds, written with ms, s, m, h, d
 *     TEXT        may be empty
 *     COMMAND     words (base/words), the first one an absolute path
 *     REGEX       compiled by conf_validate
 *     NAME        letters, digits, - _ .
 *     PEERS       words: host names, "*.NAME", addresses and networks; may be empty
 *     LANGUAGES   a NAME, then a NAME for each of several networks
 *     CHOICE      an enum
 *     WORDS       a set of words, each a bit
 *     HOSTS       addresses without ports
 *     MASKED      VALUE or VALUE/MASK */
#define SETTING_TYPES(X)                  \
    X(FLAG, bool)                         \
    X(NUMBER, unsigned)                   \
    X(AUTO, unsigned)                     \
    X(MARK, unsigned)                     \
    X(BYTES, uint64_t)                    \
    X(TIME, uint64_t)                     \
    X(TEXT, char *)                       \
    X(COMMAND, char *)                    \
    X(REGEX, char *)                      \
    X(NAME, char *)                       \
    X(NAME_OR_NONE, char *)               \
    X(PATH, char *)                       \
    X(PATH_OR_NONE, char *)               \
    X(SELF_TEST, char *)                  \
    X(PEERS, char *)                      \
    X(CHOICE, unsigned)                   \
    X(ADDRESSES, struct inet_addresses)   \
    X(SOCKETS, struct inet_sockets)       \
    X(PORTS, struct inet_ports)           \
    X(PORTS_OR_NONE, struct inet_ports)   \
    X(NUMBERS, struct conf_numbers)       \
    X(ENGINES, struct conf_engines)       \
    X(LANGUAGES, struct conf_languages)   \
    X(WORDS, unsigned)                    \
    X(INTERFACES, struct inet_interfaces) \
    X(NETWORKS, struct inet_networks)     \
    X(HOSTS, struct inet_addresses)       \
    X(MASKED, struct fwmark)

enum setting_type {
#define X(name, type) SETTING_##name,
    SETTING_TYPES(X)
#undef X
};

struct choice {
    const char *word; /* NULL ends the list */
    unsigned value;
};

struct setting {
    const char *section, *key;
    enum setting_type type;
    size_t offset;             /* in struct conf */
    const char *default_value; /* the default, in the syntax of the file */
    const char *prose;         /* plain text: sentences, no markup */
    uint64_t min, max;
    const struct choice *choices; /* CHOICE, WORDS and ENGINES */
};

enum { SETTINGS_MAX = 128 };

size_t schema_count(void);
const struct setting *schema_at(size_t index);
size_t schema_index(const struct setting *setting);

/* Returns NULL if there is no such setting. */
const struct setting *schema_find(struct span section, struct span key);
bool schema_has_section(struct span section);
/* Both return the closest name by edit distance, for "did you mean"; NULL if none is close. */
const char *schema_closest_key(struct span section, struct span key);
const char *schema_closest_section(struct span section);
/* Returns the first section with a key of this name; NULL if there is none. */
const char *schema_section_of(struct span key);

#endif
