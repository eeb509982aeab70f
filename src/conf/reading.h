/* reading: the state and functions that the parsers of both file formats share.
 *
 * A line that is too long, or contains a control character other than a tab, is reported and skipped.
 * Problems are reported as "file:line: text". File names are borrowed and must outlive the reading. */
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
/* Like reading_problem, but for another place. If the place has no line, only the file is named. */
void reading_problem_at(struct reading *reading, struct reading_place place, bool is_error,
                        const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Sets the setting's value and records the place. False: the value is invalid, and was reported. `label` is
 * the name of the key in the file, for the report. */
bool reading_set(struct reading *reading, const struct setting *setting, struct span label,
                 struct span value);

/* Returns the place at which a setting was set. If it has its default, or if there is no such setting, the
 * place has only the file that is being read. */
struct reading_place reading_place_of(const struct reading *reading, const char *section, const char *key);
/* Returns whether an invalid value was given and reported. Such a setting must not also be reported as
 * missing. */
bool reading_is_refused(const struct reading *reading, const char *section, const char *key);

/* Calls `line` for each line, trimmed. Empty lines and # comments are skipped. reading->at.line is the line's
 * number. */
void reading_each_line(struct reading *reading, struct span text,
                       void (*line)(struct reading *reading, struct span line, void *context), void *context);
/* Returns the first line of a text that is neither empty nor a # comment; empty if there is none. */
struct span reading_first_line(struct span text);

#endif
