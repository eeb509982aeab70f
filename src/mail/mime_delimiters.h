/* mime_delimiters: the lines of a text that begin with "--", each of which some mail program may take for the
 * delimiter of a multipart.
 *
 * Two of them are alike if they are the same without blanks and "--" at their right ends, so that the line
 * that closes a multipart is like those between its parts. */
#ifndef POSTERN_MAIL_MIME_DELIMITERS_H
#define POSTERN_MAIL_MIME_DELIMITERS_H

#include "base/span.h"

enum { MIME_DELIMITER_NONE = -1 };

struct mime_delimiter {
    size_t at;        /* of its first octet in the text */
    struct span line; /* without its end */
    long next_alike;  /* index, or MIME_DELIMITER_NONE */
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
