/* mime_rewrite: contents as one message in MIME that no mail program, and no engine, can read in two ways: a
 * multipart whose parts are all base64. */
#ifndef POSTERN_MAIL_MIME_REWRITE_H
#define POSTERN_MAIL_MIME_REWRITE_H

#include "base/buf.h"

#include <stdint.h>

void mime_rewrite_begin(struct buf *out);
void mime_rewrite_part(struct buf *out, struct span content);
void mime_rewrite_end(struct buf *out);

/* The size of a message with that many parts of `octets` octets together, at most. */
uint64_t mime_rewrite_max_bytes(uint64_t octets, uint64_t parts);

#endif
