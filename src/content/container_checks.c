#include "content/container_checks.h"

#include "content/octets.h"

#include <stdint.h>

enum {
    HEADER_MAX = 65536, /* maximum size of a header whose checksum is computed; a longer header is invalid */
    BLOCKS_MAX = 64,    /* a stream with this many valid blocks counts as valid */
    NAME_MAX_BYTES = 4096,
};

/* Computes the CRC-32 of n bytes. False: the bytes extend beyond the end, or n is more than HEADER_MAX. */
static bool compute_crc(struct span bytes, size_t at, size_t n, uint32_t *crc)
{
    uint32_t value = ~0U;

    if (!octets_contain(bytes, at, n) || n > HEADER_MAX)
        return false;
    for (size_t i = 0; i < n; i++) {
        value ^= (unsigned char)bytes.p[at + i];
        for (int bit = 0; bit < 8; bit++)
            value = value & 1 ? value >> 1 ^ 0xedb88320U : value >> 1;
    }
    *crc = ~value;
    return true;
}

static bool has_crc(struct span bytes, size_t at, size_t n, uint64_t expected)
{
    uint32_t crc;

    return compute_crc(bytes, at, n, &crc) && crc == expected;
}

static bool has_crc_16(struct span bytes, size_t at, size_t n, uint64_t expected)
{
    uint32_t crc;

    return compute_crc(bytes, at, n, &crc) && (crc & 0xffff) == expected;
}

static bool is_digit(char c, unsigned base)
{
    char lower = (char)(c | 0x20);

    return base == 8 ? c >= '0' && c <= '7' : (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'f');
}

static bool are_digits(struct span bytes, size_t at, size_t n, unsigned base)
{
    if (at > bytes.n || n > bytes.n - at)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!is_digit(bytes.p[at + i], base))
            return false;
    return true;
}

/* The start header has a checksum of its last 20 bytes: offset, size and checksum of the next header. */
bool check_7z(struct span container)
{
    return has_crc(container, 12, 20, octets_little_endian(container, 8, 4));
}

/* The main header begins with its checksum, its size and type 0. The checksum is a CRC-32 that is not
 * inverted at the end. Only its low 16 bits are stored. */
bool check_ace(struct span container)
{
    uint64_t size = octets_little_endian(container, 2, 2);
    uint32_t crc;

    return size >= 27 && octets_little_endian(container, 4, 1) == 0 &&
           compute_crc(container, 4, (size_t)size, &crc) &&
           (~crc & 0xffff) == octets_little_endian(container, 0, 2);
}

bool check_ar(struct span container)
{
    return container.n >= 68 && container.p[66] == '`' && container.p[67] == '\n';
}

bool check_arj(struct span container)
{
    size_t size = (size_t)octets_little_endian(container, 2, 2);

    return size >= 30 && size <= 2600 &&
           has_crc(container, 4, size, octets_little_endian(container, 4 + size, 4));
}

/* The level is followed by the mark of a block (pi) or of the end (the square root of pi). */
bool check_bzip2(struct span container)
{
    return container.n >= 14 && container.p[3] >= '1' && container.p[3] <= '9' &&
           (span_starts(span_from(container, 4), SPAN("1AY&SY")) ||
            span_starts(span_from(container, 4), SPAN("\x17rE8P\x90")));
}

bool check_compress(struct span container)
{
    unsigned flags = (unsigned)octets_little_endian(container, 2, 1);

    return container.n > 5 && (flags & 0x60) == 0 && (flags & 0x1f) >= 9 && (flags & 0x1f) <= 16;
}

static bool has_name(struct span container, size_t at)
{
    struct span name = span_first(span_from(container, at), NAME_MAX_BYTES);

    return name.n && memchr(name.p, '\0', name.n);
}

/* The header consists of numbers as text, and of a name that ends in NUL. */
bool check_cpio(struct span container)
{
    if (span_starts(container, SPAN("070701")) || span_starts(container, SPAN("070702")))
        return are_digits(container, 6, 104, 16) && has_name(container, 110);
    return span_starts(container, SPAN("070707")) && are_digits(container, 6, 70, 8) &&
           has_name(container, 76);
}

bool check_gzip(struct span container)
{
    return container.n > 18 && (container.p[3] & 0xe0) == 0;
}

/* The magic number is short. Therefore the rest of the header must be as gzip and zlib write it, and a block
 * must follow. */
bool check_gzip_within(struct span container)
{
    unsigned flags = (unsigned)octets_little_endian(container, 3, 1),
             extra = (unsigned)octets_little_endian(container, 8, 1);
    unsigned system = (unsigned)octets_little_endian(container, 9, 1);
    size_t at = 10;

    if ((flags & ~8U) || (extra & ~6U) || extra == 6 || (system > 13 && system != 255))
        return false;
    for (; flags && at < container.n && container.p[at]; at++)
        if ((unsigned char)container.p[at] < ' ')
            return false;
    return (octets_little_endian(container, at + (flags ? 1U : 0U), 1) & 6) != 6 && container.n > at + 8;
}

/* A header of level 0 or 1 has a checksum of itself. A header of level 2 begins with its size, and one of
 * level 3 with the size of a word, 4. */
bool check_lha(struct span container)
{
    static const char methods[] = "01234567dsx";
    size_t size = (size_t)octets_little_endian(container, 0, 1);
    unsigned total = 0;

    if (container.n < 24 || container.p[6] != '-' || !strchr(methods, container.p[5]) || !container.p[5])
        return false;
    switch (container.p[20]) {
    case 0:
    case 1:
        if (size < 22 || container.n < size + 2)
            return false;
        for (size_t i = 0; i < size; i++)
            total += (unsigned char)container.p[2 + i];
        return (total & 0xff) == octets_little_endian(container, 1, 1);
    case 2:
        return octets_little_endian(container, 0, 2) >= 26 &&
               octets_little_endian(container, 0, 2) <= container.n;
    case 3: return octets_little_endian(container, 0, 2) == 4;
    default: return false;
    }
}

bool check_lrzip(struct span container)
{
    return container.n > 24 && octets_little_endian(container, 5, 1) >= 3 &&
           octets_little_endian(container, 5, 1) <= 9;
}

/* Each block begins with its size. The blocks must follow each other, up to a block of size 0. */
bool check_lz4(struct span container)
{
    unsigned flags = (unsigned)octets_little_endian(container, 4, 1),
             size_code = (unsigned)octets_little_endian(container, 5, 1);
    size_t at = 7 + (flags & 8 ? 8U : 0U) + (flags & 1 ? 4U : 0U);

    if ((flags & 0xc2) != 0x40 || (size_code & 0x8f) || size_code < 0x40)
        return false;
    for (int i = 0; i < BLOCKS_MAX; i++) {
        size_t size = (size_t)octets_little_endian(container, at, 4) & 0x7fffffff;

        if (at + 4 > container.n || size > (256U << (2 * (size_code >> 4))))
            return false;
        if (size == 0)
            return true;
        at += 4 + size + (flags & 0x10 ? 4U : 0U);
    }
    return true;
}

bool check_lzip(struct span container)
{
    unsigned code = (unsigned)octets_little_endian(container, 5, 1);

    return container.n >= 26 && (code & 0x1f) >= 12 && (code & 0x1f) <= 29 && container.p[6] == '\0';
}

static bool is_power_of_two(uint64_t n)
{
    return n && (n & (n - 1)) == 0;
}

/* The header has properties, dictionary size and data size (UINT64_MAX: unknown). The first byte of the data
 * is always 0. */
bool check_lzma(struct span container)
{
    uint64_t dictionary = octets_little_endian(container, 1, 4), size = octets_little_endian(container, 5, 8);

    return container.n > 18 && (is_power_of_two(dictionary) || is_power_of_two(dictionary / 3)) &&
           dictionary >= 4096 && (size == UINT64_MAX || size < 1ULL << 40) && container.p[13] == '\0';
}

bool check_qcow(struct span container)
{
    uint64_t version = octets_big_endian(container, 4, 4);

    return container.n >= 72 && version >= 1 && version <= 3;
}

/* The first header must be the archive header (type 0x73). */
bool check_rar4(struct span container)
{
    size_t size = (size_t)octets_little_endian(container, 12, 2);

    return octets_little_endian(container, 9, 1) == 0x73 && size >= 13 &&
           has_crc_16(container, 9, size - 2, octets_little_endian(container, 7, 2));
}

/* The first header may have any type. It begins with its checksum, then its size in one to three bytes. */
bool check_rar5(struct span container)
{
    size_t size = 0, at = 12;

    for (unsigned shift = 0; shift < 21 && at < container.n; shift += 7) {
        unsigned char byte = (unsigned char)container.p[at++];

        size |= (size_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            break;
    }
    return size && has_crc(container, 12, at - 12 + size, octets_little_endian(container, 8, 4));
}

bool check_rpm(struct span container)
{
    return container.n >= 96 && (container.p[4] == 3 || container.p[4] == 4) &&
           octets_big_endian(container, 6, 2) <= 1 && octets_big_endian(container, 78, 2) == 5;
}

bool check_squashfs(struct span container)
{
    uint64_t log = octets_little_endian(container, 22, 2);

    return container.n >= 96 && octets_little_endian(container, 28, 2) == 4 && log >= 12 && log <= 20 &&
           octets_little_endian(container, 12, 4) == 1U << log;
}

/* The header has a checksum of itself, computed with spaces in the checksum's own field. */
bool check_tar(struct span container)
{
    uint64_t total = 8 * ' ', expected = 0;
    size_t at = 148;

    if (container.n < 512)
        return false;
    while (at < 156 && container.p[at] == ' ')
        at++;
    for (; at < 156 && container.p[at] >= '0' && container.p[at] <= '7'; at++)
        expected = expected * 8 + (uint64_t)(container.p[at] - '0');
    if (expected == 0)
        return false;
    for (size_t i = 0; i < 512; i++)
        total += i >= 148 && i < 156 ? 0 : (unsigned char)container.p[i];
    return total == expected;
}

bool check_vdi(struct span container)
{
    return span_starts(container, SPAN("<<<")) && octets_little_endian(container, 70, 2) == 1;
}

bool check_vhdx(struct span container)
{
    return container.n >= 65536 + 4 && span_starts(span_from(container, 65536), SPAN("head"));
}

bool check_vmdk(struct span container)
{
    uint64_t version = octets_little_endian(container, 4, 4);

    return container.n >= 512 && version >= 1 && version <= 3 &&
           is_power_of_two(octets_little_endian(container, 20, 8));
}

bool check_xar(struct span container)
{
    return octets_big_endian(container, 4, 2) >= 28 && octets_big_endian(container, 4, 2) <= 256 &&
           octets_big_endian(container, 6, 2) == 1;
}

bool check_xz(struct span container)
{
    return container.n >= 24 && container.p[6] == '\0' &&
           has_crc(container, 6, 2, octets_little_endian(container, 8, 4));
}

/* The header has the offset of the first entry, then the same number with the opposite sign. */
bool check_zoo(struct span container)
{
    uint64_t first = octets_little_endian(container, 24, 4);

    return container.n >= 34 && first >= 34 &&
           ((first + octets_little_endian(container, 28, 4)) & 0xffffffff) == 0;
}

/* Returns the offset of the first block; 0: this is no frame. RFC 8878 3.1.1.1. */
static size_t zstd_blocks_at(struct span container)
{
    static const size_t dictionaries[] = {0, 1, 2, 4}, sizes[] = {0, 2, 4, 8};
    unsigned descriptor = (unsigned)octets_little_endian(container, 4, 1);
    bool is_single = descriptor & 0x20;
    size_t content = sizes[descriptor >> 6];

    if (descriptor & 8)
        return 0;
    if (is_single && content == 0)
        content = 1;
    return 5 + (is_single ? 0U : 1U) + dictionaries[descriptor & 3] + content;
}

/* The blocks must follow each other, each of at most 128 KiB, up to the last one. */
bool check_zstd(struct span container)
{
    size_t at = zstd_blocks_at(container);

    if (at == 0)
        return false;
    for (int i = 0; i < BLOCKS_MAX; i++) {
        unsigned head = (unsigned)octets_little_endian(container, at, 3), type = head >> 1 & 3,
                 size = head >> 3;

        if (at + 3 > container.n || type == 3 || size > 128 << 10)
            return false;
        at += 3 + (type == 1 ? 1 : size);
        if (head & 1)
            return at <= container.n;
    }
    return true;
}
