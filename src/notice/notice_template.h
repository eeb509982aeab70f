/* notice_template: a parsed template of notice/notice.
 *
 * A template is a sequence of pieces of text and variables. The text is UTF-8, whatever the template's
 * charset was; lines end with LF. */
#ifndef POSTERN_NOTICE_NOTICE_TEMPLATE_H
#define POSTERN_NOTICE_NOTICE_TEMPLATE_H

#include "notice/notice.h"
#include "notice/notice_variables.h"
#include "notice/notice_words.h"

enum notice_variable {
    NOTICE_TEXT,
#define X(name, prose) NOTICE_##name,
    NOTICE_VARIABLES(X)
#undef X
        NOTICE_VARIABLE_COUNT
};

struct notice_piece {
    enum notice_variable variable;
    size_t at, n; /* NOTICE_TEXT: offset and length in the template's text */
};

enum notice_field_kind {
    NOTICE_FIELD_OTHER,
    NOTICE_FIELD_IGNORED, /* a template cannot set it, or this field does not count */
    NOTICE_FIELD_ADDRESS, /* one mail address, which replaces the original's field */
    NOTICE_FIELD_SUBJECT,
};

struct notice_field {
    enum notice_field_kind kind;
    size_t name_at, name_n;
    size_t first, count; /* pieces */
    unsigned line;
};

struct notice_template {
    struct notice_host host;
    const struct notice_words *words;
    struct buf text;
    size_t piece_count, field_count;
    struct notice_piece *pieces; /* those of the header come first */
    struct notice_field *fields;
    size_t body; /* index of the body's first piece */
};

static inline struct span notice_template_text(const struct notice_template *template, size_t at, size_t n)
{
    return (struct span){template->text.p + at, n};
}

enum notice_field_kind notice_field_kind(struct span name);
/* False: templates cannot set this field, an earlier field has the same name, or the address depends on the
 * message. */
bool notice_field_is_wanted(const struct notice_template *template, const struct notice_field *field);
bool notice_field_has_address(const struct notice_template *template, const struct notice_field *field);

/* Size of the buffer for a field's value. */
enum { NOTICE_FIELD_VALUE_MAX = 900 };

/* Returns the field's value as one cleaned line, truncated if it is too long. Parser and renderer both use
 * this function, so that the parser checks the value that will be written. incident: as for notice_value. The
 * value is valid until the buffer is reused. */
struct span notice_field_value(const struct notice_template *template, const struct notice_field *field,
                               const struct incident *incident, char buffer[NOTICE_FIELD_VALUE_MAX]);

/* Returns the value of charset= in an unfolded Content-Type; empty: none. */
struct span notice_charset_of(struct span value);

enum { NOTICE_VALUE_MAX = 1024 };

/* Returns the value of a variable: cleaned, one line, never empty. The incident must be cleaned. It may be
 * NULL for host variables, which do not use it. The value is valid until the buffer is reused. */
struct span notice_value(const struct notice_template *template, enum notice_variable variable,
                         const struct incident *incident, char buffer[NOTICE_VALUE_MAX]);
/* Returns whether the value is the same for all notices (host name, domain, program, version). */
bool notice_variable_is_of_host(enum notice_variable variable);
/* Appends `count` pieces, beginning with the one at index `first`. */
void notice_pieces_add(const struct notice_template *template, size_t first, size_t count,
                       const struct incident *incident, struct buf *out);

#endif
