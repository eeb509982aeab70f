/* reading: what the parsers of both file formats share: the current place, where each setting was set, the
 * problems found, and the splitting into lines.
 *
 * A line that is too long or contains a control character is reported and skipped.
 * Problems are reported as "file:line: text". File names are borrowed and outlive the reading. */
#ifndef POSTERN_CONF_READING_H
#define POSTERN_CONF_READING_H

#include "conf/schema.h"

enum { READING_LINE_MAX = 4096 };

struct reading_place {
    const char *file; /* NULL: the setting has its default */
    unsigned line;
};

struct reading {
    struct conf *conf;
    struct problems *problems;
    const struct conf_files *files; /* NULL: no file can be read */
    struct reading_place at;
    struct reading_place set_at[SETTINGS_MAX]; /* where each setting was set */
    bool is_refused[SETTINGS_MAX];             /* an invalid value was given and reported */
};

void reading_problem(struct reading *reading, bool is_error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* As reading_problem, for another place; if that has no line, only the file is named. */
void reading_problem_at(struct reading *reading, struct reading_place place, bool is_error,
                        const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Sets the setting's value and records the place. False: the value is invalid, and was reported with `label`,
 * the name of the key in the file. */
bool reading_set(struct reading *reading, const struct setting *setting, struct span label,
                 struct span value);

/* Returns the place at which a setting was set; only the file if it has its default, or if there is no such
 * setting. */
struct reading_place reading_place_of(const struct reading *reading, const char *section, const char *key);
/* True if an invalid value was given and reported: then the setting must not be reported as missing, too. */
bool reading_is_refused(const struct reading *reading, const char *section, const char *key);

/* Calls `line` for each line, trimmed, that is neither empty nor a comment; reading->at.line is its
 * number. */
void reading_each_line(struct reading *reading, struct span text,
                       void (*line)(struct reading *reading, struct span line, void *context), void *context);
/* Returns the first such line of a text; empty if there is none. */
struct span reading_first_line(struct span text);

#endif
