#include "content/office.h"

#include <stdint.h>

/* In a compound file ([MS-CFB] 2.2, 2.6.1) directory entries are at multiples of their size. All multiples
 * are examined. The chain of the directory's sectors is not followed, because other programs may accept a
 * chain that seems broken here. */
enum {
    ENTRY_BYTES = 128,
    NAME_BYTES = 64,
    NAME_LENGTH_AT = 64, /* in bytes, with its NUL */
    TYPE_AT = 66,
    TYPE_STREAM = 2,
    START_AT = 116,
    SECTOR_SHIFT_AT = 30,
    RECORDS_MAX = 16, /* FILEPASS is searched for in this many records of a workbook */
    BIFF_BOF = 0x809,
    BIFF_FILEPASS = 0x2f,
    WORD_FLAGS_AT = 10,
    WORD_ENCRYPTED = 0x100,
};

/* Returns 0 beyond the end. */
static unsigned get_le16(struct span bytes, size_t at)
{
    return at + 2 <= bytes.n
               ? (unsigned)((unsigned char)bytes.p[at] | (unsigned)(unsigned char)bytes.p[at + 1] << 8)
               : 0;
}

/* The entry's name is in UTF-16. */
static bool is_stream(struct span entry, struct span name)
{
    if (entry.p[TYPE_AT] != TYPE_STREAM || get_le16(entry, NAME_LENGTH_AT) != 2 * (name.n + 1))
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (get_le16(entry, 2 * i) != (unsigned char)name.p[i])
            return false;
    return true;
}

/* Returns the bytes from the stream's first sector to the end of the file. */
static struct span stream_start(struct span file, struct span entry)
{
    unsigned shift = get_le16(file, SECTOR_SHIFT_AT);
    uint64_t sector = get_le16(entry, START_AT) | (uint64_t)get_le16(entry, START_AT + 2) << 16;
    uint64_t at = shift >= 7 && shift <= 16 ? (sector + 1) << shift : UINT64_MAX;

    return at < file.n ? span_from(file, (size_t)at) : (struct span){"", 0};
}

static bool is_word_encrypted(struct span document)
{
    return get_le16(document, 0) == 0xa5ec && get_le16(document, WORD_FLAGS_AT) & WORD_ENCRYPTED;
}

static bool is_workbook_encrypted(struct span workbook)
{
    if ((get_le16(workbook, 0) | 0x600) != (BIFF_BOF | 0x600))
        return false;
    for (int i = 0; i < RECORDS_MAX && workbook.n >= 4; i++) {
        if (get_le16(workbook, 0) == BIFF_FILEPASS)
            return true;
        workbook = span_from(workbook, 4 + (size_t)get_le16(workbook, 2));
    }
    return false;
}

static bool is_entry_encrypted(struct span file, struct span entry)
{
    if (is_stream(entry, SPAN("EncryptedPackage")) || is_stream(entry, SPAN("EncryptedSummary")))
        return true;
    if (is_stream(entry, SPAN("WordDocument")))
        return is_word_encrypted(stream_start(file, entry));
    if (is_stream(entry, SPAN("Workbook")) || is_stream(entry, SPAN("Book")))
        return is_workbook_encrypted(stream_start(file, entry));
    return false;
}

static bool is_presentation_encrypted(struct span file)
{
    static const char atom[] = "\x14\0\0\0\xdf\xc4\xd1\xf3"; /* size and headerToken */

    return memmem(file.p, file.n, atom, sizeof atom - 1) != NULL;
}

static bool is_compound_encrypted(struct span file)
{
    for (size_t at = 0; at + ENTRY_BYTES <= file.n; at += ENTRY_BYTES)
        if (is_entry_encrypted(file, span_from(file, at)))
            return true;
    return is_presentation_encrypted(file);
}

static bool is_manifest_encrypted(struct span file)
{
    static const char wanted[] = "<manifest:encryption-data";

    return memmem(file.p, file.n, wanted, sizeof wanted - 1) != NULL;
}

bool office_is_encrypted(struct span file)
{
    if (span_starts(file, SPAN("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")))
        return is_compound_encrypted(file);
    return span_starts(file, SPAN("<?xml")) && is_manifest_encrypted(file);
}
