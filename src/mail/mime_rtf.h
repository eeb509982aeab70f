/* mime_rtf: compressed RTF, the text of messages in TNEF ([MS-OXRTFCP]). It may contain objects. */
#ifndef POSTERN_MAIL_MIME_RTF_H
#define POSTERN_MAIL_MIME_RTF_H

#include "base/buf.h"

/* Appends the decompressed text: at most 8 octets per octet of content. False: it is damaged; what was
 * decompressed before is appended. The checksum is not compared. */
bool mime_rtf_decode(struct span content, struct buf *out);

#endif
