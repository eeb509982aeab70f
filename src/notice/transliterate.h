/* transliterate: text in UTF-8 for readers that know less of Unicode. */
#ifndef POSTERN_NOTICE_TRANSLITERATE_H
#define POSTERN_NOTICE_TRANSLITERATE_H

#include "base/buf.h"

/* Appends text without its accents, ligatures and typographic signs. False: it has letters of another script,
 * and what was appended has "?" in their place. */
bool transliterate_ascii(struct span text, struct buf *out);
/* Appends text in ISO 8859-1; what is not in it as transliterate_ascii does. */
bool transliterate_latin1(struct span text, struct buf *out);

#endif
