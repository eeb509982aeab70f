/* kept_field: header fields that are copied into the notice, and the definition of a valid field line.
 *
 * The reader builds a kept_header from such fields. Other processes use the same functions to check the
 * kept_header, because they do not trust the reader. */
#ifndef POSTERN_MAIL_KEPT_FIELD_H
#define POSTERN_MAIL_KEPT_FIELD_H

#include "base/span.h"

/* X(kind, name, may occur more than once) */
#define KEPT_FIELD_TABLE(X)              \
    X(RETURN_PATH, "Return-Path", false) \
    X(RECEIVED, "Received", true)        \
    X(FROM, "From", false)               \
    X(TO, "To", false)                   \
    X(CC, "Cc", false)                   \
    X(DATE, "Date", false)

enum kept_kind {
#define X(kind, name, many) KEPT_##kind,
    KEPT_FIELD_TABLE(X)
#undef X
        KEPT_NONE,
};

enum { KEPT_LINE_MAX = 998 };

/* KEPT_NONE for a field that is not copied. */
enum kept_kind kept_field_kind(struct span name);
bool kept_field_may_repeat(enum kept_kind kind);

/* Takes one whole field off the front of *text, with the CRLF of its lines. Each line must be valid:
 * printable ASCII, spaces and tabs, at most 998 octets, not blank. If there is no such field at the front,
 * returns an empty span. */
struct span kept_field_take(struct span *text);
/* Returns the name before the colon; empty if there is none. */
struct span kept_field_name(struct span field);

#endif
