/* text: UTF-8 for display, in a buffer of fixed size.
 *
 * Text of a peer that people will read goes through here: the result is one line of whole characters without
 * controls. White space and control characters become one space between words and none at the ends; bytes
 * that are not valid UTF-8 (overlong forms and surrogates are not) become "?"; characters that change the
 * reading direction or are invisible are removed. Text that does not fit is cut at a character boundary, and
 * "..." as one character (U+2026) marks the cut. */
#ifndef POSTERN_BASE_TEXT_H
#define POSTERN_BASE_TEXT_H

#include "base/span.h"

#include <stdint.h>

struct text {
    char *p; /* of the owner; capacity bytes and one more for the NUL */
    size_t capacity;
    size_t n;
    bool is_cut;
    bool keeps_white; /* spaces and tabs are kept: for lines from a trusted source */
    bool space_due;
};

/* Length of the well-formed UTF-8 sequence at the start of s, and its code point; 0 if there is none. */
size_t text_char(struct span s, uint32_t *code);
bool text_is_utf8(struct span s);
bool text_is_ascii(struct span s);

/* `size` counts the NUL; it is at least 1. */
void text_init(struct text *text, char *p, size_t size);
void text_add(struct text *text, struct span bytes);
/* Ends the text with a NUL and returns it. */
struct span text_end(struct text *text);

/* Cleans a text in an array, which may lack its NUL. */
void text_clean(char *p, size_t size);

#endif
