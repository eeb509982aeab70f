#include "content/container_checks.h"

#include <stdint.h>

enum {
    HEADER_MAX = 65536, /* maximum size of a header that is summed up; longer ones are rejected */
    BLOCKS_MAX = 64, /* maximum number of blocks that are followed in a stream; if all of them are valid, the
                        stream counts as valid */
    NAME_MAX_BYTES = 4096,
};

/* Little-endian number of n bytes; 0 if it goes beyond the end. */
static uint64_t little(struct span bytes, size_t at, size_t n)
{
    uint64_t value = 0;

    if (at > bytes.n || n > bytes.n - at)
        return 0;
    for (size_t i = n; i; i--)
        value = value << 8 | (unsigned char)bytes.p[at + i - 1];
    return value;
}

static uint64_t big(struct span bytes, size_t at, size_t n)
{
    uint64_t value = 0;

    if (at > bytes.n || n > bytes.n - at)
        return 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | (unsigned char)bytes.p[at + i];
    return value;
}

/* CRC-32 of n bytes from an offset; false if they are not all present, or too many. */
static bool sum(struct span bytes, size_t at, size_t n, uint32_t *crc)
{
    uint32_t value = ~0U;

    if (at > bytes.n || n > bytes.n - at || n > HEADER_MAX)
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

    return sum(bytes, at, n, &crc) && crc == expected;
}

static bool has_crc_16(struct span bytes, size_t at, size_t n, uint64_t expected)
{
    uint32_t crc;

    return sum(bytes, at, n, &crc) && (crc & 0xffff) == expected;
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

/* Start header: its checksum, then offset, size and checksum of the other header. */
bool check_7z(struct span container)
{
    return has_crc(container, 12, 20, little(container, 8, 4));
}

/* Main header: its checksum, its size, type 0. The checksum is not inverted at the end. */
bool check_ace(struct span container)
{
    uint64_t size = little(container, 2, 2);
    uint32_t crc;

    return size >= 27 && little(container, 4, 1) == 0 && sum(container, 4, (size_t)size, &crc) &&
           (~crc & 0xffff) == little(container, 0, 2);
}

bool check_ar(struct span container)
{
    return container.n >= 68 && container.p[66] == '`' && container.p[67] == '\n';
}

bool check_arj(struct span container)
{
    size_t size = (size_t)little(container, 2, 2);

    return size >= 30 && size <= 2600 && has_crc(container, 4, size, little(container, 4 + size, 4));
}

/* Level, then a block (pi) or the end (its square root). */
bool check_bzip2(struct span container)
{
    return container.n >= 14 && container.p[3] >= '1' && container.p[3] <= '9' &&
           (span_starts(span_from(container, 4), SPAN("1AY&SY")) ||
            span_starts(span_from(container, 4), SPAN("\x17rE8P\x90")));
}

bool check_compress(struct span container)
{
    unsigned flags = (unsigned)little(container, 2, 1);

    return container.n > 5 && (flags & 0x60) == 0 && (flags & 0x1f) >= 9 && (flags & 0x1f) <= 16;
}

static bool has_name(struct span container, size_t at)
{
    struct span name = span_first(span_from(container, at), NAME_MAX_BYTES);

    return name.n && memchr(name.p, '\0', name.n);
}

/* Numbers as text, and a name that ends in NUL. */
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

/* The magic number is short: the rest of the header must be as gzip and zlib write it, and be followed by a
 * block. */
bool check_gzip_within(struct span container)
{
    unsigned flags = (unsigned)little(container, 3, 1), extra = (unsigned)little(container, 8, 1);
    unsigned system = (unsigned)little(container, 9, 1);
    size_t at = 10;

    if ((flags & ~8U) || (extra & ~6U) || extra == 6 || (system > 13 && system != 255))
        return false;
    for (; flags && at < container.n && container.p[at]; at++)
        if ((unsigned char)container.p[at] < ' ')
            return false;
    return (little(container, at + (flags ? 1U : 0U), 1) & 6) != 6 && container.n > at + 8;
}

/* Levels 0 and 1 have a checksum of the header, level 2 its size, level 3 the size of a word. */
bool check_lha(struct span container)
{
    static const char methods[] = "01234567dsx";
    size_t size = (size_t)little(container, 0, 1);
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
        return (total & 0xff) == little(container, 1, 1);
    case 2: return little(container, 0, 2) >= 26 && little(container, 0, 2) <= container.n;
    case 3: return little(container, 0, 2) == 4;
    default: return false;
    }
}

bool check_lrzip(struct span container)
{
    return container.n > 24 && little(container, 5, 1) >= 3 && little(container, 5, 1) <= 9;
}

/* Blocks, each with its size, up to one of size 0. */
bool check_lz4(struct span container)
{
    unsigned flags = (unsigned)little(container, 4, 1), size_code = (unsigned)little(container, 5, 1);
    size_t at = 7 + (flags & 8 ? 8U : 0U) + (flags & 1 ? 4U : 0U);

    if ((flags & 0xc2) != 0x40 || (size_code & 0x8f) || size_code < 0x40)
        return false;
    for (int i = 0; i < BLOCKS_MAX; i++) {
        size_t size = (size_t)little(container, at, 4) & 0x7fffffff;

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
    unsigned code = (unsigned)little(container, 5, 1);

    return container.n >= 26 && (code & 0x1f) >= 12 && (code & 0x1f) <= 29 && container.p[6] == '\0';
}

static bool is_power(uint64_t n)
{
    return n && (n & (n - 1)) == 0;
}

/* Properties, dictionary size, data size or unknown, and a first byte that is always 0. */
bool check_lzma(struct span container)
{
    uint64_t dictionary = little(container, 1, 4), size = little(container, 5, 8);

    return container.n > 18 && (is_power(dictionary) || is_power(dictionary / 3)) && dictionary >= 4096 &&
           (size == UINT64_MAX || size < 1ULL << 40) && container.p[13] == '\0';
}

bool check_qcow(struct span container)
{
    uint64_t version = big(container, 4, 4);

    return container.n >= 72 && version >= 1 && version <= 3;
}

/* The archive's own header comes first. */
bool check_rar4(struct span container)
{
    size_t size = (size_t)little(container, 12, 2);

    return little(container, 9, 1) == 0x73 && size >= 13 &&
           has_crc_16(container, 9, size - 2, little(container, 7, 2));
}

/* As rar4, with a size of one to three bytes; or an encryption header of the same form. */
bool check_rar5(struct span container)
{
    size_t size = 0, at = 12;

    for (unsigned shift = 0; shift < 21 && at < container.n; shift += 7) {
        unsigned char byte = (unsigned char)container.p[at++];

        size |= (size_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            break;
    }
    return size && has_crc(container, 12, at - 12 + size, little(container, 8, 4));
}

bool check_rpm(struct span container)
{
    return container.n >= 96 && (container.p[4] == 3 || container.p[4] == 4) && big(container, 6, 2) <= 1 &&
           big(container, 78, 2) == 5;
}

bool check_squashfs(struct span container)
{
    uint64_t log = little(container, 22, 2);

    return container.n >= 96 && little(container, 28, 2) == 4 && log >= 12 && log <= 20 &&
           little(container, 12, 4) == 1U << log;
}

/* Checksum of the header, with its own field taken as spaces. */
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
    return span_starts(container, SPAN("<<<")) && little(container, 70, 2) == 1;
}

bool check_vhdx(struct span container)
{
    return container.n >= 65536 + 4 && span_starts(span_from(container, 65536), SPAN("head"));
}

bool check_vmdk(struct span container)
{
    uint64_t version = little(container, 4, 4);

    return container.n >= 512 && version >= 1 && version <= 3 && is_power(little(container, 20, 8));
}

bool check_xar(struct span container)
{
    return big(container, 4, 2) >= 28 && big(container, 4, 2) <= 256 && big(container, 6, 2) == 1;
}

bool check_xz(struct span container)
{
    return container.n >= 24 && container.p[6] == '\0' && has_crc(container, 6, 2, little(container, 8, 4));
}

/* Offset of the first entry, and its negative. */
bool check_zoo(struct span container)
{
    uint64_t first = little(container, 24, 4);

    return container.n >= 34 && first >= 34 && ((first + little(container, 28, 4)) & 0xffffffff) == 0;
}

/* Offset of the first block; 0: not a frame. RFC 8878 3.1.1.1. */
static size_t zstd_blocks(struct span container)
{
    static const size_t dictionaries[] = {0, 1, 2, 4}, sizes[] = {0, 2, 4, 8};
    unsigned descriptor = (unsigned)little(container, 4, 1);
    bool is_single = descriptor & 0x20;
    size_t content = sizes[descriptor >> 6];

    if (descriptor & 8)
        return 0;
    if (is_single && content == 0)
        content = 1;
    return 5 + (is_single ? 0U : 1U) + dictionaries[descriptor & 3] + content;
}

/* Blocks of at most 128 KiB, up to the last one. */
bool check_zstd(struct span container)
{
    size_t at = zstd_blocks(container);

    if (at == 0)
        return false;
    for (int i = 0; i < BLOCKS_MAX; i++) {
        unsigned head = (unsigned)little(container, at, 3), type = head >> 1 & 3, size = head >> 3;

        if (at + 3 > container.n || type == 3 || size > 128 << 10)
            return false;
        at += 3 + (type == 1 ? 1 : size);
        if (head & 1)
            return at <= container.n;
    }
    return true;
}
