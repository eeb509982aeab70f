/* mime_delimiters: the lines of a text that begin with "--", each of which some mail program may take for the
 * delimiter of a multipart.
 *
 * A later one is like an earlier one if it is the same, without blanks at their right ends, or the same with
 * "--" after it: the line that closes a multipart is like those between its parts. */
#ifndef POSTERN_MAIL_MIME_DELIMITERS_H
#define POSTERN_MAIL_MIME_DELIMITERS_H

#include "base/span.h"

enum { MIME_DELIMITER_NONE = -1 };

struct mime_delimiter {
    size_t at;        /* of its first octet in the text */
    struct span line; /* without its end */
    long next_alike;  /* index of the next one that is like it, or MIME_DELIMITER_NONE */
};

struct mime_delimiters {
    size_t n;
    struct mime_delimiter *at; /* in the order of the text */
};

void mime_delimiters_find(struct mime_delimiters *delimiters, struct span text);
/* Index of the first one at or after that offset, or MIME_DELIMITER_NONE. */
long mime_delimiters_after(const struct mime_delimiters *delimiters, size_t offset);
void mime_delimiters_fini(struct mime_delimiters *delimiters);

/* Blanks before "--" are ignored, as by some mail programs. */
bool mime_delimiter_is(struct span line);

#endif
