#include "quarantine/quarantine_probe.h"

#include "quarantine/quarantine_temp_file.h"
#include "sys/durable.h"

#include <errno.h>

enum { PROBE_BYTES = 64 * 1024 };

static void fill(struct buf *bytes, char first)
{
    char *p = buf_reserve(bytes, PROBE_BYTES);

    for (size_t i = 0; i < PROBE_BYTES; i++)
        p[i] = (char)(first + (char)(i % 61));
    bytes->n += PROBE_BYTES;
}

static bool store(int directory, const char *name, bool replace, struct span bytes, struct buf *error)
{
    struct quarantine_temp_file draft;
    bool kept = quarantine_temp_file_begin(&draft, directory, error) &&
                (durable_write(draft.fd, bytes) || durable_fail(error, "writing a file")) &&
                quarantine_temp_file_keep(&draft, name, replace, error);
    int reason = errno;

    quarantine_temp_file_drop(&draft);
    errno = reason;
    return kept;
}

static bool read_back(int directory, const char *name, struct span wanted, struct buf *error)
{
    struct buf bytes = {0};
    bool loaded = durable_load(directory, name, PROBE_BYTES, &bytes),
         same = span_eq(buf_span(&bytes), wanted);

    if (!loaded)
        durable_fail(error, "reading the test file back");
    else if (!same)
        buf_add(error, SPAN("the bytes read back differ from those written"));
    if (loaded && !same)
        errno = EIO;
    buf_fini(&bytes);
    return loaded && same;
}

static bool remove_it(int directory, const char *name, struct buf *error)
{
    return (durable_is_removed(directory, name) || durable_fail(error, "removing the test file")) &&
           (durable_sync(directory) || durable_fail(error, "fsync of the directory"));
}

static void explain(int directory, struct buf *error)
{
    uint64_t files;

    if (errno == ENOSPC && durable_free_files(directory, &files) && files == 0)
        buf_add(error, SPAN(": no free inode"));
}

static bool probe(int directory, const char *name, struct span one, struct span other, struct buf *error)
{
    return store(directory, name, false, one, error) && store(directory, name, true, other, error) &&
           read_back(directory, name, other, error) && remove_it(directory, name, error);
}

int quarantine_probe(int directory, struct buf *error)
{
    char hex[DURABLE_HEX_SIZE], name[QUARANTINE_NAME_SIZE];
    struct buf one = {0}, other = {0};
    int reason = 0;

    if (!durable_random_hex(hex)) {
        durable_fail(error, "random name");
        return EIO;
    }
    quarantine_name(name, hex, QUARANTINE_ORIGINAL);
    fill(&one, ' ');
    fill(&other, '!');
    if (!probe(directory, name, buf_span(&one), buf_span(&other), error)) {
        reason = errno ? errno : EIO;
        explain(directory, error);
        durable_remove(directory, name);
    }
    buf_fini(&one);
    buf_fini(&other);
    return reason;
}
