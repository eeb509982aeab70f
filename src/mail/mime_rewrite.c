#include "mail/mime_rewrite.h"

#include "base/base64.h"

/* Base64 contains neither "--" nor this boundary. */
#define BOUNDARY "postern-part"
#define PART_TYPE "--" BOUNDARY "\r\nContent-Type: application/octet-stream"
#define PART_ENCODING "\r\nContent-Transfer-Encoding: base64\r\n\r\n"
#define PART_NAME ";\r\n name=\"\""
#define PART_FILENAME "\r\nContent-Disposition: attachment;\r\n filename=\"\""
#define PART_HEADER PART_TYPE PART_NAME PART_FILENAME PART_ENCODING
#define HEADER                                                                                              \
    "Subject: parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"" BOUNDARY "\"\r\n\r" \
    "\n"
#define END "--" BOUNDARY "--\r\n"

void mime_rewrite_begin(struct buf *out)
{
    buf_add(out, SPAN(HEADER));
}

/* Adds a parameter with the name between its quotes. */
static void add_name(struct buf *out, struct span parameter, struct span name)
{
    buf_add(out, span_first(parameter, parameter.n - 1));
    buf_add(out, name);
    buf_add_char(out, '"');
}

void mime_rewrite_named_part(struct buf *out, struct span content, struct span title, struct span name)
{
    buf_add(out, SPAN(PART_TYPE));
    if (title.n || name.n) {
        add_name(out, SPAN(PART_NAME), title.n ? title : name);
        add_name(out, SPAN(PART_FILENAME), name.n ? name : title);
    }
    buf_add(out, SPAN(PART_ENCODING));
    base64_add(out, content);
}

void mime_rewrite_part(struct buf *out, struct span content)
{
    mime_rewrite_named_part(out, content, (struct span){0}, (struct span){0});
}

void mime_rewrite_end(struct buf *out)
{
    buf_add(out, SPAN(END));
}

/* One line is added for each part, because its last line may be short. */
uint64_t mime_rewrite_max_bytes(uint64_t octets, uint64_t parts)
{
    const uint64_t line = BASE64_LINE_OCTETS / 3 * 4 + 2;

    return sizeof HEADER + sizeof END +
           parts * (sizeof PART_HEADER + 2 * (uint64_t)MIME_REWRITE_NAME_MAX + line) +
           octets / BASE64_LINE_OCTETS * line + line;
}
