/* token: small tools for lines of configuration. Pure; spans in, spans out. */
#ifndef POSTERN_BASE_TOKEN_H
#define POSTERN_BASE_TOKEN_H

#include "base/buf.h"

#include <stdint.h>

static inline bool token_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct span token_trim(struct span text);
/* Takes the next word off *rest; words are parted by blanks. False when there is none left. */
bool token_next_word(struct span *rest, struct span *word);
/* Decimal digits only, no sign; false if there is anything else, nothing, or more than 64 bits. */
bool token_number(struct span text, uint64_t *number);
/* Hexadecimal digits alone, without 0x. */
bool token_hex_number(struct span text, uint64_t *number);
/* Each byte as the character of ISO-8859-1; C1 controls as '?'. */
void token_add_latin1(struct buf *out, struct span text);
/* Appends the text in double quotes, cut where it is long, for an error message. */
void token_add_quoted(struct buf *out, struct span text);

/* Looks for the known name that is nearest to a mistyped one. */
struct token_near {
    struct span wanted;
    size_t distance; /* only nearer names are taken */
    const char *found;
};

struct token_near token_near_to(struct span wanted);
void token_near_try(struct token_near *near, const char *name);

#endif
