/* schema: every key of the configuration, once.
 *
 * One table has each key's section, name, type, place in struct conf, default, range and prose. Parser,
 * defaults, printed configuration, sample file and the key section of postern.conf(5) are generated from it;
 * a key that is not in it does not exist. The table's macros check at compile time that a field has its
 * type's C type. */
#ifndef POSTERN_CONF_SCHEMA_H
#define POSTERN_CONF_SCHEMA_H

#include "base/buf.h"
#include "conf/conf.h"

/* X(name, C type of the field): AUTO is a number or the word auto, which is 0; MARK is a
 * number, hexadecimal with 0x, or the word none, which is 0; BYTES have K, M, G of 1024;
 * TIME is in milliseconds, written with ms, s, m, h; TEXT may be empty; COMMAND is words (core/words), the
 * first an absolute path; REGEX is compiled by conf_validate; a NAME is of letters, digits, - _ . ; LANGUAGES
 * are a NAME and then networks with one each; CHOICE is an enum, WORDS a set of such words as bits; HOSTS are
 * addresses without ports; MASKED is VALUE or VALUE/MASK. */
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
    X(CHOICE, unsigned)                   \
    X(ADDRESSES, struct inet_addresses)   \
    X(SOCKETS, struct inet_sockets)       \
    X(PORTS, struct inet_ports)           \
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

enum { SETTINGS_MAX = 96 };

size_t schema_count(void);
const struct setting *schema_at(size_t index);
size_t schema_index(const struct setting *setting);

/* NULL if there is none. */
const struct setting *schema_find(struct span section, struct span key);
bool schema_has_section(struct span section);
/* The closest name by edit distance, for "did you mean"; NULL if none is close. */
const char *schema_near_key(struct span section, struct span key);
const char *schema_near_section(struct span section);
/* The section that has a key of this name; NULL if none has. */
const char *schema_section_of(struct span key);

#endif
