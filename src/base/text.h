/* text: UTF-8 for people, in a fixed room.
 *
 * What a peer wrote and a person is to read goes through here: one line, whole characters, no controls. White
 * space and control characters become one space between words, none at the ends; bytes that are no UTF-8
 * (overlong forms and surrogates are none) become "?"; characters that turn the reading direction or that
 * nobody sees are left out. What does not fit is cut off at a character, and "..." as one character (U+2026)
 * tells so. */
#ifndef POSTERN_BASE_TEXT_H
#define POSTERN_BASE_TEXT_H

#include "base/span.h"

#include <stdint.h>

struct text {
    char *p; /* the owner's; room bytes and one more for NUL */
    size_t room;
    size_t n;
    bool is_cut;
    bool keeps_white; /* spaces and tabs stay as they are: a line of somebody whom we trust with its layout */
    bool space_due;
};

/* How many bytes the well-formed UTF-8 sequence at the start of s has, and its code; 0 when there is none. */
size_t text_char(struct span s, uint32_t *code);
bool text_is_utf8(struct span s);
bool text_is_ascii(struct span s);

/* `size` counts the NUL; it is at least 1. */
void text_init(struct text *text, char *p, size_t size);
void text_add(struct text *text, struct span bytes);
/* Ends the text and gives it; p is NUL-terminated then. */
struct span text_end(struct text *text);

/* The same for a text that stands in an array, perhaps without its NUL. */
void text_clean(char *p, size_t size);

#endif
