#include "content/container.h"

#include "content/container_checks.h"

static const struct {
    const char *name;
    enum container_opening opening;
} kinds[] = {
#define X(kind, name, opening) {name, CONTAINER_##opening},
    CONTAINER_TABLE(X)
#undef X
};

/* How a format is recognised. */
struct pattern {
    enum container kind;
    struct span magic;
    size_t at; /* offset of the magic number in the container */
    bool (*check)(struct span container);
    bool is_at_start_only;
    bool is_summed; /* the check computes a checksum over up to 64 KiB */
};

/* SUMMED: the check computes a checksum over up to 64 KiB. START: the format is recognised only at the start
 * of a file. */
#define PATTERN(kind, magic, at, check)                                          \
    {                                                                            \
        CONTAINER_##kind, {"" magic, sizeof(magic) - 1}, at, check, false, false \
    }
#define SUMMED(kind, magic, at, check)                                          \
    {                                                                           \
        CONTAINER_##kind, {"" magic, sizeof(magic) - 1}, at, check, false, true \
    }
#define START(kind, magic, at, check)                                           \
    {                                                                           \
        CONTAINER_##kind, {"" magic, sizeof(magic) - 1}, at, check, true, false \
    }

static const struct pattern patterns[] = {
    START(ZIP, "PK\3\4", 0, NULL),
    START(ZIP, "PK\5\6", 0, NULL),
    START(CAB, "MSCF\0\0\0\0", 0, NULL),
    START(ARJ, "\x60\xea", 0, check_arj),
    START(ISO, "\1CD001", 32768, NULL),
    START(GZIP, "\x1f\x8b\x08", 0, check_gzip),
    PATTERN(GZIP, "\x1f\x8b\x08", 0, check_gzip_within),
    START(COMPRESS, "\x1f\x9d", 0, check_compress),
    START(LZMA, "\x5d\0\0", 0, check_lzma),
    START(RAR, "RE~^", 0, NULL),
    START(VHD, "conectix", 0, NULL),
    PATTERN(CHM, "ITSF\3\0\0\0\x60\0\0\0\1\0\0\0", 0, NULL),
    PATTERN(7Z, "7z\xbc\xaf\x27\x1c", 0, check_7z),
    PATTERN(BZIP2, "BZh", 0, check_bzip2),
    PATTERN(XZ,
            "\xfd"
            "7zXZ\0",
            0, check_xz),
    PATTERN(LHA, "-lh", 2, check_lha),
    PATTERN(LHA, "-lz", 2, check_lha),
    PATTERN(TAR, "ustar", 257, check_tar),
    PATTERN(CPIO, "07070", 0, check_cpio),
    PATTERN(XAR, "xar!\0", 0, check_xar),
    SUMMED(RAR, "Rar!\x1a\7\0", 0, check_rar4),
    SUMMED(RAR, "Rar!\x1a\7\1\0", 0, check_rar5),
    SUMMED(ACE, "**ACE**", 7, check_ace),
    PATTERN(ZOO, "\xdc\xa7\xc4\xfd", 20, check_zoo),
    PATTERN(ZSTD, "\x28\xb5\x2f\xfd", 0, check_zstd),
    PATTERN(LZ4, "\4\x22\x4d\x18", 0, check_lz4),
    PATTERN(LZIP, "LZIP\1", 0, check_lzip),
    PATTERN(LZOP, "\x89LZO\0\r\n\x1a\n", 0, NULL),
    PATTERN(LRZIP, "LRZI\0", 0, check_lrzip),
    PATTERN(AR, "!<arch>\n", 0, check_ar),
    PATTERN(RPM, "\xed\xab\xee\xdb", 0, check_rpm),
    PATTERN(WIM, "MSWIM\0\0\0\xd0\0\0\0", 0, NULL),
    PATTERN(SQUASHFS, "hsqs", 0, check_squashfs),
    PATTERN(VHDX, "vhdxfile", 0, check_vhdx),
    PATTERN(VMDK, "KDMV", 0, check_vmdk),
    PATTERN(QCOW, "QFI\xfb\0\0\0", 0, check_qcow),
    PATTERN(VDI, "\x7f\x10\xda\xbe", 64, check_vdi),
};

enum {
    PATTERNS = sizeof patterns / sizeof patterns[0],
    SECTOR = 2048,
    FIRST_DESCRIPTOR = 16 * SECTOR,
    DESCRIPTORS_MAX = 16,
    TRAILER = 512,
    MISSES_MAX = 64,
};

static bool has_bytes_at(struct span file, size_t at, struct span magic)
{
    return at <= file.n && span_starts(span_from(file, at), magic);
}

static bool matches(const struct pattern *pattern, struct span container)
{
    return has_bytes_at(container, pattern->at, pattern->magic) &&
           (!pattern->check || pattern->check(container));
}

/* ECMA-167 2/8: volume structure descriptors, one per sector from sector 16 on. */
static bool is_udf(struct span file)
{
    for (size_t i = 0; i < DESCRIPTORS_MAX; i++)
        if (has_bytes_at(file, FIRST_DESCRIPTOR + i * SECTOR, SPAN("\0NSR0")))
            return true;
    return false;
}

static bool has_trailer(struct span file, struct span magic)
{
    return file.n > TRAILER && has_bytes_at(file, file.n - TRAILER, magic);
}

enum container container_of(struct span file)
{
    if (is_udf(file))
        return CONTAINER_UDF;
    if (has_trailer(file, SPAN("conectix")))
        return CONTAINER_VHD;
    if (has_trailer(file, SPAN("koly\0\0\0\4")))
        return CONTAINER_DMG;
    for (size_t i = 0; i < PATTERNS; i++)
        if (matches(&patterns[i], file))
            return patterns[i].kind;
    return CONTAINER_NONE;
}

static bool is_searched_for(const struct pattern *pattern, bool closed_only)
{
    enum container_opening opening = kinds[pattern->kind].opening;

    return !pattern->is_at_start_only && opening != CONTAINER_OPENED &&
           (!closed_only || opening == CONTAINER_CLOSED);
}

/* The patterns by the first byte of the magic number, as linked lists. */
struct magic_table {
    unsigned char first[256];     /* 1 + index in patterns; 0: none */
    unsigned char next[PATTERNS]; /* the same */
    unsigned misses;              /* number of headers with a wrong checksum */
};

static void build_table(struct magic_table *table, bool closed_only)
{
    memset(table, 0, sizeof *table);
    for (size_t i = 0; i < PATTERNS; i++) {
        unsigned char *first = &table->first[(unsigned char)patterns[i].magic.p[0]];

        if (!is_searched_for(&patterns[i], closed_only))
            continue;
        table->next[i] = *first;
        *first = (unsigned char)(i + 1);
    }
}

/* Computing the checksums of many overlapping headers would take hours. A file with more than MISSES_MAX
 * wrong checksums was probably made to cause this delay. From then on each header counts as valid. */
static bool matches_within(struct magic_table *table, const struct pattern *pattern, struct span container)
{
    if (!pattern->is_summed || !has_bytes_at(container, pattern->at, pattern->magic))
        return matches(pattern, container);
    return pattern->check(container) || ++table->misses > MISSES_MAX;
}

static enum container find_at(struct magic_table *table, struct span file, size_t at)
{
    for (size_t i = table->first[(unsigned char)file.p[at]]; i; i = table->next[i - 1]) {
        const struct pattern *pattern = &patterns[i - 1];

        if (at > pattern->at && matches_within(table, pattern, span_from(file, at - pattern->at)))
            return pattern->kind;
    }
    return CONTAINER_NONE;
}

enum container container_within(struct span file, bool closed_only)
{
    struct magic_table table;
    enum container found = CONTAINER_NONE;

    build_table(&table, closed_only);
    for (size_t at = 1; at < file.n && found == CONTAINER_NONE; at++)
        if (table.first[(unsigned char)file.p[at]])
            found = find_at(&table, file, at);
    return found;
}

const char *container_name(enum container container)
{
    return kinds[container].name;
}

enum container_opening container_opening(enum container container)
{
    return kinds[container].opening;
}
