/* notice_template: a template of notice/notice, parsed.
 *
 * Text and variables in a row, piece by piece. The text is UTF-8 whatever the template's charset was; lines
 * end with LF. The header fields that stand for themselves (MIME-Version, Content-*, Date, ...) are not here:
 * the notice makes its own. */
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
    size_t at, n; /* NOTICE_TEXT: where in the template's text */
};

enum notice_field_kind {
    NOTICE_FIELD_OTHER,
    NOTICE_FIELD_OURS,    /* the notice has its own, or the original's; passed over */
    NOTICE_FIELD_ADDRESS, /* one mailbox, of host variables and text; takes the original's place */
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
    struct notice_piece *pieces; /* those of the header first */
    struct notice_field *fields;
    size_t body; /* first piece of the body */
};

static inline struct span notice_template_text(const struct notice_template *template, size_t at, size_t n)
{
    return (struct span){template->text.p + at, n};
}

enum notice_field_kind notice_field_kind(struct span name);
/* False for what the notice has of its own, for a second field of a name, and for an address that would need
 * the message. */
bool notice_field_is_wanted(const struct notice_template *template, const struct notice_field *field);
bool notice_field_has_address(const struct notice_template *template, const struct notice_field *field);

/* A header line's value, at most. */
enum { NOTICE_FIELD_VALUE_MAX = 900 };

/* The field's value on one cleaned line, cut where it is too long: what is judged when the template is read
 * and what is written must be the same. incident as with notice_value. Valid until room is used again. */
struct span notice_field_value(const struct notice_template *template, const struct notice_field *field,
                               const struct incident *incident, char room[NOTICE_FIELD_VALUE_MAX]);

/* The value of charset= in a Content-Type, unfolded; empty if there is none. */
struct span notice_charset_of(struct span value);

enum { NOTICE_VALUE_MAX = 1024 };

/* What a variable stands for: cleaned, one line, never empty. incident was cleaned before; it is not looked
 * at for variables of the host. Valid until room is used again. */
struct span notice_value(const struct notice_template *template, enum notice_variable variable,
                         const struct incident *incident, char room[NOTICE_VALUE_MAX]);
/* True for what is the same for all notices: host name, domain, program, version. */
bool notice_variable_is_of_host(enum notice_variable variable);
/* Appends `count` pieces from `first` on. */
void notice_pieces_add(const struct notice_template *template, size_t first, size_t count,
                       const struct incident *incident, struct buf *out);

#endif
