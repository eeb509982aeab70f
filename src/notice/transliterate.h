/* transliterate: converts UTF-8 for clients that do not support Unicode. */
#ifndef POSTERN_NOTICE_TRANSLITERATE_H
#define POSTERN_NOTICE_TRANSLITERATE_H

#include "base/buf.h"

/* Appends the text in ASCII: without accents, ligatures and typographic characters. False: other characters,
 * such as letters of other scripts, were replaced by "?". */
bool transliterate_ascii(struct span text, struct buf *out);
/* Appends the text in ISO 8859-1. Converts other characters like transliterate_ascii. */
bool transliterate_latin1(struct span text, struct buf *out);

#endif
