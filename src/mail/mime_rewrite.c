#include "mail/mime_rewrite.h"

#include "base/base64.h"

/* Base64 contains neither "--" nor this boundary. */
#define BOUNDARY "postern-part"
#define PART_HEADER \
    "--" BOUNDARY "\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
#define HEADER                                                                                              \
    "Subject: parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"" BOUNDARY "\"\r\n\r" \
    "\n"
#define END "--" BOUNDARY "--\r\n"

void mime_rewrite_begin(struct buf *out)
{
    buf_add(out, SPAN(HEADER));
}

void mime_rewrite_part(struct buf *out, struct span content)
{
    buf_add(out, SPAN(PART_HEADER));
    base64_add(out, content);
}

void mime_rewrite_end(struct buf *out)
{
    buf_add(out, SPAN(END));
}

/* The last line of each part may be short. */
uint64_t mime_rewrite_max_bytes(uint64_t octets, uint64_t parts)
{
    const uint64_t line = BASE64_LINE_OCTETS / 3 * 4 + 2;

    return sizeof HEADER + sizeof END + parts * (sizeof PART_HEADER + line) +
           octets / BASE64_LINE_OCTETS * line + line;
}
