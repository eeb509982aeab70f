/* reading: what the readers of both file formats share: where we are, what was set where, what is wrong.
 *
 * Splits a text into lines; a line that is too long or has a control character in it is reported and skipped.
 * Every problem is told as "file:line: text". File names are borrowed and outlive the reading. */
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
    const struct conf_files *files; /* NULL: none can be read */
    struct reading_place at;
    struct reading_place set[SETTINGS_MAX];
    bool is_refused[SETTINGS_MAX]; /* a value was given, and is none: said already */
};

void reading_problem(struct reading *reading, bool is_error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same, of a place that is not the present one; a place without a line names the file alone. */
void reading_problem_at(struct reading *reading, struct reading_place place, bool is_error,
                        const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Gives the setting its value and remembers the place. What is wrong is told of `label`, the key as the file
 * calls it. */
bool reading_set(struct reading *reading, const struct setting *setting, struct span label,
                 struct span value);

/* Returns the place where a setting got its value; the file alone where it has its default,
 * or where that section has no such key. */
struct reading_place reading_place_of(const struct reading *reading, const char *section, const char *key);
/* Was it given an invalid value? That is reported already; its lack is not reported as well. */
bool reading_is_refused(const struct reading *reading, const char *section, const char *key);

/* Calls `line` with each line, trimmed, that is neither empty nor a comment; reading->at.line is its number.
 */
void reading_each_line(struct reading *reading, struct span text,
                       void (*line)(struct reading *reading, struct span line, void *context), void *context);
/* The first such line of a text; empty if there is none. */
struct span reading_first_line(struct span text);

#endif
