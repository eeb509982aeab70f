/* container: is there an archive, a compressed file or a disk image in these bytes?
 *
 * Known by its magic number and by what its header must hold besides (versions, sizes, checksums), for every
 * format that desktop archivers open. A format whose magic number has fewer than four bytes counts at the
 * beginning only; the others also count after other data, as in a self-extracting archive.
 *
 * container_opening says what libclamav 1.4 does with each; tests/e2e/test_containers.py measures it. Pure,
 * linear in the bytes, nothing allocates. */
#ifndef POSTERN_CONTENT_CONTAINER_H
#define POSTERN_CONTENT_CONTAINER_H

#include "base/span.h"

enum container_opening {
    CONTAINER_OPENED,          /* wherever it begins */
    CONTAINER_OPENED_AT_START, /* only if it begins where the file does */
    CONTAINER_CLOSED,          /* never: what is in it is not looked at */
};

/* X(kind, name, opening) */
#define CONTAINER_TABLE(X)             \
    X(NONE, "", OPENED)                \
    X(ZIP, "zip", OPENED)              \
    X(7Z, "7z", OPENED)                \
    X(CAB, "cab", OPENED)              \
    X(ARJ, "arj", OPENED)              \
    X(ISO, "iso", OPENED)              \
    X(CHM, "chm", OPENED_AT_START)     \
    X(GZIP, "gzip", OPENED_AT_START)   \
    X(BZIP2, "bzip2", OPENED_AT_START) \
    X(XZ, "xz", OPENED_AT_START)       \
    X(LHA, "lha", OPENED_AT_START)     \
    X(TAR, "tar", OPENED_AT_START)     \
    X(CPIO, "cpio", OPENED_AT_START)   \
    X(XAR, "xar", OPENED_AT_START)     \
    X(DMG, "dmg", OPENED_AT_START)     \
    X(RAR, "rar", CLOSED)              \
    X(ACE, "ace", CLOSED)              \
    X(ZOO, "zoo", CLOSED)              \
    X(LZMA, "lzma", CLOSED)            \
    X(ZSTD, "zstd", CLOSED)            \
    X(LZ4, "lz4", CLOSED)              \
    X(LZIP, "lzip", CLOSED)            \
    X(LZOP, "lzop", CLOSED)            \
    X(LRZIP, "lrzip", CLOSED)          \
    X(COMPRESS, "compress", CLOSED)    \
    X(AR, "ar", CLOSED)                \
    X(RPM, "rpm", CLOSED)              \
    X(UDF, "udf", CLOSED)              \
    X(WIM, "wim", CLOSED)              \
    X(SQUASHFS, "squashfs", CLOSED)    \
    X(VHD, "vhd", CLOSED)              \
    X(VHDX, "vhdx", CLOSED)            \
    X(VMDK, "vmdk", CLOSED)            \
    X(QCOW, "qcow", CLOSED)            \
    X(VDI, "vdi", CLOSED)

enum container {
#define X(kind, name, opening) CONTAINER_##kind,
    CONTAINER_TABLE(X)
#undef X
        CONTAINER_COUNT
};

/* What the file itself is. */
enum container container_of(struct span file);
/* One that begins within the file and that is not opened there; `closed_only`: nor anywhere else. More than
 * 64 headers of RAR or ACE with wrong checksums count as one with a right one, for the time that they take.
 */
enum container container_within(struct span file, bool closed_only);

const char *container_name(enum container container); /* "7z" */
enum container_opening container_opening(enum container container);

#endif
