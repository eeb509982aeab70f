#include "content/rar.h"

#include "content/octets.h"

enum {
    SIGNATURE_4 = 7, /* octets */
    SIGNATURE_5 = 8,
    HEAD_4 = 7, /* checksum, type, flags, size */
    FLAG_4_HAS_DATA = 0x8000,
    FLAG_4_HEADERS_ENCRYPTED = 0x80, /* of the archive */
    FLAG_4_ENCRYPTED = 0x04,         /* of a member */
    FLAG_4_LARGE = 0x100,            /* of a member: its size has 64 bits */
    TYPE_4_ARCHIVE = 0x73,
    TYPE_4_FILE = 0x74,
    TYPE_4_END = 0x7b,
    FLAG_5_HAS_EXTRA = 1,
    FLAG_5_HAS_DATA = 2,
    TYPE_5_FILE = 2,
    TYPE_5_ENCRYPTION = 4, /* all headers after it are encrypted */
    TYPE_5_END = 5,
    EXTRA_5_ENCRYPTION = 1,
};

/* What the headers up to now say. */
enum members { MEMBERS_NONE, MEMBERS_ENCRYPTED, MEMBERS_ALL_ENCRYPTED, MEMBERS_OPEN };

static struct span skip(struct span bytes, uint64_t n)
{
    return span_from(bytes, n < bytes.n ? (size_t)n : bytes.n);
}

static enum members read_header_4(struct span header, enum members members)
{
    uint64_t type = octets_little_endian(header, 2, 1), flags = octets_little_endian(header, 3, 2);

    if (type == TYPE_4_ARCHIVE && flags & FLAG_4_HEADERS_ENCRYPTED)
        return MEMBERS_ALL_ENCRYPTED;
    if (type != TYPE_4_FILE)
        return members;
    return flags & FLAG_4_ENCRYPTED ? MEMBERS_ENCRYPTED : MEMBERS_OPEN;
}

/* The number of octets of data after a header. */
static uint64_t data_of_4(struct span header)
{
    uint64_t type = octets_little_endian(header, 2, 1), flags = octets_little_endian(header, 3, 2);

    if (!(flags & FLAG_4_HAS_DATA) && type != TYPE_4_FILE)
        return 0;
    return octets_little_endian(header, 7, 4) +
           (type == TYPE_4_FILE && flags & FLAG_4_LARGE ? octets_little_endian(header, 32, 4) << 32 : 0);
}

static enum members read_4(struct span rest)
{
    enum members members = MEMBERS_NONE;

    while (rest.n >= HEAD_4 && members < MEMBERS_ALL_ENCRYPTED &&
           octets_little_endian(rest, 2, 1) != TYPE_4_END) {
        uint64_t size = octets_little_endian(rest, 5, 2);
        struct span header = span_first(rest, (size_t)size);

        if (size < HEAD_4)
            return MEMBERS_OPEN;
        members = read_header_4(header, members);
        rest = skip(skip(rest, size), data_of_4(header));
    }
    return members;
}

/* Seven bits per octet, the lowest first. */
static uint64_t take_number(struct span *rest)
{
    uint64_t number = 0;

    for (unsigned shift = 0; shift < 63 && rest->n; shift += 7) {
        unsigned char octet = (unsigned char)rest->p[0];

        *rest = span_from(*rest, 1);
        number |= (uint64_t)(octet & 0x7f) << shift;
        if (octet < 0x80)
            break;
    }
    return number;
}

/* The extra area is a list of records: size, type, data. */
static bool has_encryption_record(struct span extra)
{
    while (extra.n) {
        uint64_t size = take_number(&extra);
        struct span record = span_first(extra, size < extra.n ? (size_t)size : extra.n);

        extra = skip(extra, size);
        if (record.n && take_number(&record) == EXTRA_5_ENCRYPTION)
            return true;
    }
    return false;
}

/* Reads the header, and sets *data to the number of octets after it. */
static enum members read_header_5(struct span header, enum members members, uint64_t *data)
{
    struct span rest = header;
    uint64_t type = take_number(&rest), flags = take_number(&rest);
    uint64_t extra = flags & FLAG_5_HAS_EXTRA ? take_number(&rest) : 0;

    *data = flags & FLAG_5_HAS_DATA ? take_number(&rest) : 0;
    if (type == TYPE_5_ENCRYPTION)
        return MEMBERS_ALL_ENCRYPTED;
    if (type != TYPE_5_FILE)
        return members;
    return extra && extra <= header.n && has_encryption_record(span_from(header, header.n - (size_t)extra))
               ? MEMBERS_ENCRYPTED
               : MEMBERS_OPEN;
}

static bool is_end_5(struct span header)
{
    return take_number(&header) == TYPE_5_END;
}

static enum members read_5(struct span rest)
{
    enum members members = MEMBERS_NONE;

    while (rest.n > 4 && members < MEMBERS_ALL_ENCRYPTED) {
        struct span after = span_from(rest, 4);
        uint64_t size = take_number(&after), data;
        struct span header = span_first(after, size < after.n ? (size_t)size : after.n);

        if (size == 0)
            return MEMBERS_OPEN;
        if (is_end_5(header))
            break;
        members = read_header_5(header, members, &data);
        rest = skip(skip(after, size), data);
    }
    return members;
}

bool rar_is_encrypted(struct span file)
{
    enum members members = MEMBERS_NONE;

    if (span_starts(file, SPAN("Rar!\x1a\x07\x01\x00")))
        members = read_5(span_from(file, SIGNATURE_5));
    else if (span_starts(file, SPAN("Rar!\x1a\x07\x00")))
        members = read_4(span_from(file, SIGNATURE_4));
    return members == MEMBERS_ENCRYPTED || members == MEMBERS_ALL_ENCRYPTED;
}
