/* mime_rewrite: writes contents as one message in MIME: a multipart whose parts are all base64. No mail
 * program and no engine can read it in two ways. */
#ifndef POSTERN_MAIL_MIME_REWRITE_H
#define POSTERN_MAIL_MIME_REWRITE_H

#include "base/buf.h"

#include <stdint.h>

void mime_rewrite_begin(struct buf *out);
void mime_rewrite_part(struct buf *out, struct span content);
void mime_rewrite_end(struct buf *out);

/* Returns the maximum size of a message with so many parts, whose contents have `octets` octets in total. */
uint64_t mime_rewrite_max_bytes(uint64_t octets, uint64_t parts);

#endif
