/* text: UTF-8 for display, in a buffer of fixed size.
 *
 * Cleans text from peers for people to read. The result is one line of whole characters:
 *
 *   - ASCII white space, control characters and Unicode line separators: a run of them becomes one space
 *     between words, and is removed at the ends.
 *   - Bytes that are not valid UTF-8 become "?", also overlong forms and surrogates.
 *   - Directional embeddings, overrides and isolates, byte order marks, annotations, tags and noncharacters
 *     are removed.
 *   - Text that does not fit is cut between two characters. It then ends in an ellipsis (U+2026) if there is
 *     space for one. */
#ifndef POSTERN_BASE_TEXT_H
#define POSTERN_BASE_TEXT_H

#include "base/span.h"

#include <stdint.h>

struct text {
    char *p; /* borrowed; has space for `capacity` bytes and a NUL */
    size_t capacity;
    size_t n;
    bool is_cut;
    bool keeps_white; /* spaces and tabs are kept: for lines from a trusted source */
    bool space_due;   /* a space precedes the next character */
};

/* Returns the length of the well-formed UTF-8 sequence at the start of s, and sets *code to its code point.
 * 0: there is no such sequence. */
size_t text_char(struct span s, uint32_t *code);
bool text_is_utf8(struct span s);
bool text_is_ascii(struct span s);

/* `size` counts the NUL; it is at least 1. */
void text_init(struct text *text, char *p, size_t size);
void text_add(struct text *text, struct span bytes);
/* Ends the text with a NUL and returns it. */
struct span text_end(struct text *text);

/* Cleans the text in an array and fills the rest with NULs. The text may lack a NUL; the result always has
 * one. */
void text_clean(char *p, size_t size);

#endif
