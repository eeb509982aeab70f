/* text: UTF-8 for display, in a buffer of fixed size.
 *
 * Cleans text from peers for people to read: the result is one line of whole characters without controls.
 * ASCII white space, control characters and Unicode line separators between words become one space, and those
 * at the ends are removed; bytes that are not valid UTF-8, also overlong forms and surrogates, become "?";
 * directional embeddings, overrides and isolates, byte order marks, annotations, tags and noncharacters are
 * removed. Text that does not fit is cut between two characters, and ends in an ellipsis (U+2026) if there is
 * space for one. */
#ifndef POSTERN_BASE_TEXT_H
#define POSTERN_BASE_TEXT_H

#include "base/span.h"

#include <stdint.h>

struct text {
    char *p; /* the owner's: capacity bytes, and one for the NUL */
    size_t capacity;
    size_t n;
    bool is_cut;
    bool keeps_white; /* spaces and tabs are kept: for lines from a trusted source */
    bool space_due;   /* a space precedes the next character */
};

/* Returns the length of the well-formed UTF-8 sequence at the start of s, or 0, and sets its code point. */
size_t text_char(struct span s, uint32_t *code);
bool text_is_utf8(struct span s);
bool text_is_ascii(struct span s);

/* `size` counts the NUL; it is at least 1. */
void text_init(struct text *text, char *p, size_t size);
void text_add(struct text *text, struct span bytes);
/* Ends the text with a NUL and returns it. */
struct span text_end(struct text *text);

/* Cleans the text in an array, which may lack a NUL, and fills the rest with NULs. */
void text_clean(char *p, size_t size);

#endif
