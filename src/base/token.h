/* token: helpers for parsing lines of configuration. Pure. */
#ifndef POSTERN_BASE_TOKEN_H
#define POSTERN_BASE_TOKEN_H

#include "base/buf.h"

#include <stdint.h>

static inline bool token_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct span token_trim(struct span text);
/* Takes the next word off *rest. Words are separated by blanks. False: no word is left. */
bool token_next_word(struct span *rest, struct span *word);
/* Reads decimal digits without a sign. False: there is another character, there is no digit, or the number
 * has more than 64 bits. */
bool token_number(struct span text, uint64_t *number);
/* The same for hexadecimal digits, without 0x. */
bool token_hex_number(struct span text, uint64_t *number);
/* Converts the text from ISO-8859-1 to UTF-8 and appends it. C1 controls become '?'. */
void token_add_latin1(struct buf *out, struct span text);
/* Appends the text in double quotes for an error message; a long text is cut. */
void token_add_quoted(struct buf *out, struct span text);

/* Finds the known name that is closest to a mistyped one. */
struct token_closest {
    struct span wanted;
    size_t distance; /* of `found`; only a closer name replaces it; initially a limit */
    const char *found;
};

struct token_closest token_closest_to(struct span wanted);
void token_closest_try(struct token_closest *closest, const char *name);

#endif
