/* kept_field: which fields of the original a notice may carry on, and what makes a field line valid.
 *
 * Used by the reader that builds a kept_header and by those that do not believe the reader. */
#ifndef POSTERN_MAIL_KEPT_FIELD_H
#define POSTERN_MAIL_KEPT_FIELD_H

#include "base/span.h"

/* X(kind, name, may stand more than once) */
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

/* KEPT_NONE for a field that is not carried on. */
enum kept_kind kept_field_kind(struct span name);
bool kept_field_may_repeat(enum kept_kind kind);

/* Takes one whole field off the front of *text, its lines with their CRLF: valid lines only, printable ASCII,
 * space and tab, 998 octets at most, with something on each. Empty if what stands there is none. */
struct span kept_field_take(struct span *text);
/* The name before the colon; empty if there is none. */
struct span kept_field_name(struct span field);

#endif
