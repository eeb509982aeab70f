/* mime_rewrite: writes contents as one message in MIME: a multipart whose parts are all base64. No mail
 * program and no engine can read it in two ways. */
#ifndef POSTERN_MAIL_MIME_REWRITE_H
#define POSTERN_MAIL_MIME_REWRITE_H

#include "base/buf.h"

#include <stdint.h>

enum { MIME_REWRITE_NAME_MAX = 120 };

void mime_rewrite_begin(struct buf *out);
void mime_rewrite_part(struct buf *out, struct span content);
/* The names are written as Content-Type name and as Content-Disposition filename. Each is printable ASCII
 * without quotes and backslashes, and has at most MIME_REWRITE_NAME_MAX characters. If one is empty, the
 * other one stands for both. */
void mime_rewrite_named_part(struct buf *out, struct span content, struct span title, struct span name);
void mime_rewrite_end(struct buf *out);

/* Returns the maximum size of a message with so many parts, whose contents have `octets` octets in total. */
uint64_t mime_rewrite_max_bytes(uint64_t octets, uint64_t parts);

#endif
