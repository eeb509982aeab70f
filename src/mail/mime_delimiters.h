/* mime_delimiters: the lines of a text that begin with "--", each of which some mail program may take for the
 * delimiter of a multipart.
 *
 * A later delimiter is like an earlier one if both lines are equal, or equal except for a "--" at the end of
 * the later one: the delimiter that closes a multipart is like those between its parts. Blanks at the end of
 * lines are ignored. */
#ifndef POSTERN_MAIL_MIME_DELIMITERS_H
#define POSTERN_MAIL_MIME_DELIMITERS_H

#include "base/span.h"

enum { MIME_DELIMITER_NONE = -1 };

struct mime_delimiter {
    size_t at;        /* offset of the first octet in the text */
    struct span line; /* without its line end */
    long next_alike;  /* index of the next delimiter that is like this one, or MIME_DELIMITER_NONE */
};

struct mime_delimiters {
    size_t n;
    struct mime_delimiter *at; /* in the order of the text */
};

void mime_delimiters_find(struct mime_delimiters *delimiters, struct span text);
/* Returns the index of the first delimiter at or after that offset, or MIME_DELIMITER_NONE. */
long mime_delimiters_after(const struct mime_delimiters *delimiters, size_t offset);
void mime_delimiters_fini(struct mime_delimiters *delimiters);

/* Does the line begin with "--"? Blanks before it are ignored, because some mail programs ignore them. */
bool mime_delimiter_is(struct span line);

#endif
