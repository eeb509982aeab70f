#include "quarantine/quarantine_probe.h"

#include "quarantine/quarantine_temp_file.h"
#include "sys/durable.h"
#include "sys/write_all.h"

#include <errno.h>

enum { PROBE_BYTES = 64 * 1024 };

static void fill(struct buf *bytes, char first)
{
    char *p = buf_reserve(bytes, PROBE_BYTES);

    for (size_t i = 0; i < PROBE_BYTES; i++)
        p[i] = (char)(first + (char)(i % 61));
    bytes->n += PROBE_BYTES;
}

static bool store_file(int directory, const char *name, bool replace, struct span bytes, struct buf *error)
{
    struct quarantine_temp_file draft;
    bool is_stored = quarantine_temp_file_begin(&draft, directory, error) &&
                     (write_all(draft.fd, bytes) || durable_fail(error, "writing a file")) &&
                     quarantine_temp_file_keep(&draft, name, replace, error);
    int reason = errno;

    quarantine_temp_file_drop(&draft);
    errno = reason;
    return is_stored;
}

static bool read_back(int directory, const char *name, struct span wanted, struct buf *error)
{
    struct buf bytes = {0};
    bool is_loaded = durable_load(directory, name, PROBE_BYTES, &bytes),
         is_equal = span_eq(buf_span(&bytes), wanted);

    if (!is_loaded)
        durable_fail(error, "reading the test file back");
    else if (!is_equal)
        buf_add(error, SPAN("the bytes read back differ from those written"));
    if (is_loaded && !is_equal)
        errno = EIO;
    buf_fini(&bytes);
    return is_loaded && is_equal;
}

static bool remove_file(int directory, const char *name, struct buf *error)
{
    return (durable_try_remove(directory, name) || durable_fail(error, "removing the test file")) &&
           (durable_sync(directory) || durable_fail(error, "fsync of the directory"));
}

static void add_cause(int directory, struct buf *error)
{
    uint64_t files;

    if (errno == ENOSPC && durable_free_files(directory, &files) && files == 0)
        buf_add(error, SPAN(": no free inode"));
}

static bool probe(int directory, const char *name, struct span first_bytes, struct span second_bytes,
                  struct buf *error)
{
    return store_file(directory, name, false, first_bytes, error) &&
           store_file(directory, name, true, second_bytes, error) &&
           read_back(directory, name, second_bytes, error) && remove_file(directory, name, error);
}

int quarantine_probe(int directory, struct buf *error)
{
    char hex[DURABLE_HEX_SIZE], name[QUARANTINE_NAME_SIZE];
    struct buf first_bytes = {0}, second_bytes = {0};
    int reason = 0;

    if (!durable_random_hex(hex)) {
        durable_fail(error, "choosing a random name");
        return EIO;
    }
    quarantine_name(name, hex, QUARANTINE_ORIGINAL);
    fill(&first_bytes, ' ');
    fill(&second_bytes, '!');
    if (!probe(directory, name, buf_span(&first_bytes), buf_span(&second_bytes), error)) {
        reason = errno ? errno : EIO;
        add_cause(directory, error);
        durable_remove(directory, name);
    }
    buf_fini(&first_bytes);
    buf_fini(&second_bytes);
    return reason;
}
