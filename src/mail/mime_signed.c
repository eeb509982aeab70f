#include "mail/mime_signed.h"

enum {
    TAG_OCTETS = 0x04,
    TAG_OBJECT_ID = 0x06,
    TAG_SEQUENCE = 0x30,
    TAG_OCTETS_CONSTRUCTED = 0x24,
    TAG_EXPLICIT_0 = 0xa0,
    TAG_INTEGER = 0x02,
    TAG_SET = 0x31,
};

/* One value of BER: its tag and its content. */
struct value {
    unsigned tag;
    bool is_open; /* of indefinite length: the content ends with two NULs */
    struct span content;
};

/* Reads the tag and the length at the front of *rest, and takes them. */
static bool take_head(struct span *rest, struct value *value)
{
    size_t length, octets;

    if (rest->n < 2)
        return false;
    value->tag = (unsigned char)rest->p[0];
    length = (unsigned char)rest->p[1];
    *rest = span_from(*rest, 2);
    value->is_open = length == 0x80;
    octets = length & 0x80 ? length & 0x7f : 0;
    if (octets > sizeof length - 1 || octets > rest->n)
        return false;
    for (length = octets ? 0 : length & 0x7f; octets; octets--) {
        length = length << 8 | (unsigned char)rest->p[0];
        *rest = span_from(*rest, 1);
    }
    value->content = value->is_open ? *rest : span_first(*rest, length);
    return true;
}

/* Reduces *rest to the content of the value at its front. False: the value does not have that tag. */
static bool enter(struct span *rest, unsigned tag)
{
    struct value value;

    if (!take_head(rest, &value) || value.tag != tag)
        return false;
    *rest = value.content;
    return true;
}

/* Skips the value at the front of *rest. False: it does not have that tag, or is of indefinite length. */
static bool pass(struct span *rest, unsigned tag)
{
    struct value value;

    if (!take_head(rest, &value) || value.tag != tag || value.is_open)
        return false;
    *rest = span_from(*rest, value.content.n);
    return true;
}

/* Appends octets, which are one piece, or several pieces (BER). A piece that is cut short counts, too. */
static bool take_octets(struct span rest, struct buf *out)
{
    struct value value;

    if (!take_head(&rest, &value))
        return false;
    if (value.tag == TAG_OCTETS) {
        buf_add(out, value.content);
        return true;
    }
    if (value.tag != TAG_OCTETS_CONSTRUCTED)
        return false;
    for (rest = value.content; take_head(&rest, &value) && value.tag == TAG_OCTETS;
         rest = span_from(rest, value.content.n))
        buf_add(out, value.content);
    return true;
}

bool mime_signed_content(struct span object, struct buf *out)
{
    static const char signed_data[] = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
    struct span rest = object;

    if (!enter(&rest, TAG_SEQUENCE) || !span_starts(rest, (struct span){signed_data, sizeof signed_data - 1}))
        return false;
    rest = span_from(rest, sizeof signed_data - 1);
    return enter(&rest, TAG_EXPLICIT_0) && enter(&rest, TAG_SEQUENCE) && pass(&rest, TAG_INTEGER) &&
           pass(&rest, TAG_SET) && enter(&rest, TAG_SEQUENCE) && pass(&rest, TAG_OBJECT_ID) &&
           enter(&rest, TAG_EXPLICIT_0) && take_octets(rest, out);
}
