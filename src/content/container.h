/* container: finds archives, compressed files and disk images in bytes.
 *
 * A format is recognised by its magic number and, if that is not enough, by further properties of its header
 * (versions, sizes, checksums). The formats that desktop archivers open are covered.
 *
 * At the beginning of a file, every format is recognised. After other data, as in a self-extracting archive,
 * some formats are not searched for: those that libclamav opens at any offset, those whose header other data
 * could contain by chance, and UDF, VHD and DMG.
 *
 * container_opening returns where libclamav 1.4 opens a format; tests/e2e/test_containers.py checks this.
 * Pure; linear in the number of bytes; allocates nothing. */
#ifndef POSTERN_CONTENT_CONTAINER_H
#define POSTERN_CONTENT_CONTAINER_H

#include "base/span.h"

enum container_opening {
    CONTAINER_OPENED,          /* at any offset */
    CONTAINER_OPENED_AT_START, /* only at the beginning of the file */
    CONTAINER_CLOSED,          /* never: the content is not scanned */
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

/* Returns the format of the file itself. */
enum container container_of(struct span file);
/* Finds a container that begins after the start of the file, and that libclamav does not open there. With
 * `closed_only`, finds only formats that libclamav never opens. If 64 headers of RAR or ACE have wrong
 * checksums, the next such header counts as valid, because more checksums would take too long. */
enum container container_within(struct span file, bool closed_only);

const char *container_name(enum container container); /* "7z" */
enum container_opening container_opening(enum container container);

#endif
