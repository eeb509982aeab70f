/* token: helpers for parsing lines of configuration. Pure; spans in, spans out. */
#ifndef POSTERN_BASE_TOKEN_H
#define POSTERN_BASE_TOKEN_H

#include "base/buf.h"

#include <stdint.h>

static inline bool token_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct span token_trim(struct span text);
/* Takes the next word off *rest; words are separated by blanks. False if none is left. */
bool token_next_word(struct span *rest, struct span *word);
/* Decimal digits only, no sign; false for any other character, an empty text, or more than 64 bits. */
bool token_number(struct span text, uint64_t *number);
/* Hexadecimal digits only, without 0x. */
bool token_hex_number(struct span text, uint64_t *number);
/* Appends each byte as a character of ISO-8859-1; C1 controls become '?'. */
void token_add_latin1(struct buf *out, struct span text);
/* Appends the text in double quotes for an error message; a long text is cut. */
void token_add_quoted(struct buf *out, struct span text);

/* Finds the known name that is closest to a mistyped one. */
struct token_closest {
    struct span wanted;
    size_t distance; /* of `found`, or the limit: only closer names are accepted */
    const char *found;
};

struct token_closest token_closest_to(struct span wanted);
void token_closest_try(struct token_closest *closest, const char *name);

#endif
