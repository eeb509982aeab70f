/* notice_template: a template of core/notice, parsed.
 *
 * Text and variables in a row, piece by piece. The text is UTF-8 whatever the template's charset was; lines
 * end with LF. The header fields that stand for themselves (MIME-Version, Content-*, Date, ...) are not here:
 * the notice makes its own. */
#ifndef POSTERN_CORE_NOTICE_TEMPLATE_H
#define POSTERN_CORE_NOTICE_TEMPLATE_H

#include "core/notice.h"
#include "core/notice_words.h"

/* X(name between the percent signs, what it stands for) */
#define NOTICE_VARIABLES(X)                                                 \
    X(VIRUSNAME, "what was found, or why the message could not be scanned") \
    X(MAILFROM, "From of the original")                                     \
    X(MAILTO, "To of the original")                                         \
    X(MAILDATE, "Date of the original")                                     \
    X(SUBJECT, "Subject of the original")                                   \
    X(USERNAME, "the mailbox, as the client logged in")                     \
    X(CLIENTIP, "the client's address; IPv6 in brackets")                   \
    X(CLIENTPORT, "the client's port")                                      \
    X(SERVERIP, "the mail server's address; IPv6 in brackets")              \
    X(SERVERPORT, "the mail server's port")                                 \
    X(PROTOCOL, "POP3")                                                     \
    X(HOSTNAME, "the gateway's host name")                                  \
    X(DOMAINNAME, "the gateway's domain")                                   \
    X(PROGNAME, "Postern")                                                  \
    X(VERSION, "the version of Postern")                                    \
    X(P3SCANID, "the number of the incident")                               \
    X(MAILFILE, "the name of the original in the quarantine")               \
    X(VDINFO, "a sentence: what became of the original")                    \
    X(MAILMESSAGEID, "Message-ID of the original")

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
