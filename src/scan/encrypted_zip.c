#include "scan/encrypted_zip.h"

#include "sys/spool.h"

#include <fcntl.h>
#include <unistd.h>

enum { MEMBER_BYTES = 64, FLAG_ENCRYPTED = 1, METHOD_STORED = 0, VERSION_NEEDED = 20, CRC = 0x5eed5eed };

static void add_number(struct buf *out, uint32_t number, int octets)
{
    for (int i = 0; i < octets; i++)
        buf_add_char(out, (char)(number >> 8 * i & 0xff));
}

/* Appends the fields that the local header and the directory entry have in common, from "version needed" to
 * "extra field length". */
static void add_description(struct buf *out, size_t name_length)
{
    add_number(out, VERSION_NEEDED, 2);
    add_number(out, FLAG_ENCRYPTED, 2);
    add_number(out, METHOD_STORED, 2);
    add_number(out, 0, 4); /* time, date */
    add_number(out, CRC, 4);
    add_number(out, MEMBER_BYTES, 4);
    add_number(out, MEMBER_BYTES, 4);
    add_number(out, (uint32_t)name_length, 2);
    add_number(out, 0, 2);
}

void encrypted_zip_write(struct buf *out)
{
    const struct span name = SPAN("locked.bin");
    uint32_t directory, end;

    buf_add(out, SPAN("PK\3\4"));
    add_description(out, name.n);
    buf_add(out, name);
    for (uint32_t i = 0; i < MEMBER_BYTES; i++)
        buf_add_char(out, (char)((i * 167 + 13) & 0xff));
    directory = (uint32_t)out->n;
    buf_add(out, SPAN("PK\1\2"));
    add_number(out, VERSION_NEEDED, 2);
    add_description(out, name.n);
    for (int zeros = 2 + 2 + 2 + 4 + 4; zeros;
         zeros--) /* comment, disk, attributes, offset of the local header */
        buf_add_char(out, 0);
    buf_add(out, name);
    end = (uint32_t)out->n;
    buf_add(out, SPAN("PK\5\6"));
    add_number(out, 0, 4); /* disks */
    add_number(out, 1, 2);
    add_number(out, 1, 2);
    add_number(out, end - directory, 4);
    add_number(out, directory, 4);
    add_number(out, 0, 2);
}

int encrypted_zip_make(uint64_t *size)
{
    const struct spool_settings memory = {"/", UINT64_MAX};
    struct spool spool = SPOOL_EMPTY;
    struct buf zip = {0};
    int fd = -1;

    encrypted_zip_write(&zip);
    *size = zip.n;
    if (spool_write(&spool, &memory, buf_span(&zip)) && spool_share(&spool) >= 0)
        fd = fcntl(spool.fd, F_DUPFD_CLOEXEC, 0);
    spool_fini(&spool);
    buf_fini(&zip);
    return fd;
}
