/* charset: converts the character sets of mail to UTF-8, through iconv.
 *
 * iconv loads its converters from disk, which a sandboxed process cannot do. Such a process calls
 * charset_open_all before it enters the sandbox: all converters of the table are opened and kept, and no
 * other is opened later. Without this call, each converter is opened at its first use and kept. Only names of
 * the table are given to iconv.
 *
 * A character that cannot be converted becomes "?". If the set is unknown, every byte beyond ASCII becomes
 * "?". Some sets are read as their usual superset (ISO-8859-1 as windows-1252, GB2312 as GB18030, Shift_JIS
 * as CP932). Not thread-safe. */
#ifndef POSTERN_MAIL_CHARSET_H
#define POSTERN_MAIL_CHARSET_H

#include "base/text.h"

void charset_open_all(void);
bool charset_is_known(struct span charset);
/* Converts the bytes to UTF-8 and adds them to the text. True: every character could be converted. */
bool charset_to_text(struct span charset, struct span bytes, struct text *text);

#endif
