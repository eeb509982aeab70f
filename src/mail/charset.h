/* charset: from any character set of mail to UTF-8, through iconv.
 *
 * iconv loads its converters from disk, which a locked-down process cannot do: charset_open_all opens those
 * of mail once and keeps them; after it none is opened any more. Without it each is opened at first use
 * and kept. Only names of the table are ever given to iconv. What cannot be converted becomes "?", an unknown
 * set lets its ASCII through. Several sets are read as the larger one that everybody means by them
 * (ISO-8859-1 as windows-1252, GB2312 as GB18030, Shift_JIS as CP932). One thread only. */
#ifndef POSTERN_MAIL_CHARSET_H
#define POSTERN_MAIL_CHARSET_H

#include "base/text.h"

void charset_open_all(void);
bool charset_is_known(struct span charset);
/* Adds bytes to the text as UTF-8. True if every one of them could be converted. */
bool charset_to_text(struct span charset, struct span bytes, struct text *text);

#endif
