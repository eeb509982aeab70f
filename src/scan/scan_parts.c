#include "scan/scan_parts.h"

#include "mail/mime_parts.h"
#include "mail/mime_plain.h"
#include "mail/mime_rewrite.h"
#include "sys/oneshot_child.h"
#include "sys/sealed.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    PARTS_MAX = 4096,
    DEPTH_MAX = 8,
    OCTETS_FACTOR = 2,    /* decoded octets, for each octet of the message */
    OCTETS_MIN = 1 << 20, /* and in addition */
    DEADLINE_MS = 30000,
    BLOCK_BYTES = 65536,
};

struct scan_parts {
    scan_parts_done *done;
    void *context;
    struct oneshot_child *child;
    struct sealed object;
};

/* From a child that has parsed hostile bytes: every value is valid. */
struct answer {
    uint8_t result; /* enum mime_parts_result */
    uint8_t has_parts;
    uint64_t bytes; /* of the object, at most; of the first step */
};

/* In the child of the first step. */
struct count {
    uint64_t octets, parts;
};

/* In the child of the second step. */
struct writer {
    struct buf block;
    bool is_begun, is_broken;
};

static enum mime_parts_result find_parts(struct span message, mime_parts_take *take, void *context)
{
    struct mime_parts_limits limits = {message.n * OCTETS_FACTOR + OCTETS_MIN, PARTS_MAX, DEPTH_MAX};

    return mime_parts(message, &limits, take, context);
}

static bool count_part(void *context, struct span content, const char *how)
{
    struct count *count = context;

    count->octets += content.n;
    count->parts++;
    return true;
}

static bool find_and_count(struct span message, void *place)
{
    struct answer *answer = place;
    struct count count = {0};

    if (mime_is_plain(message))
        return true;
    answer->result = (uint8_t)find_parts(message, count_part, &count);
    answer->bytes = count.parts ? mime_rewrite_max_bytes(count.octets, count.parts) : 0;
    return true;
}

static void flush(struct writer *writer)
{
    struct span left = buf_span(&writer->block);

    while (left.n && !writer->is_broken) {
        ssize_t n = write(ONESHOT_CHILD_OUTPUT_FD, left.p, left.n);

        writer->is_broken = n <= 0;
        left = span_from(left, n > 0 ? (size_t)n : 0);
    }
    buf_clear(&writer->block);
}

static bool write_part(void *context, struct span content, const char *how)
{
    struct writer *writer = context;

    if (!writer->is_begun)
        mime_rewrite_begin(&writer->block);
    writer->is_begun = true;
    mime_rewrite_part(&writer->block, content);
    if (writer->block.n >= BLOCK_BYTES)
        flush(writer);
    return !writer->is_broken;
}

static bool write_parts(struct span message, void *place)
{
    struct answer *answer = place;
    struct writer writer = {0};

    answer->result = (uint8_t)find_parts(message, write_part, &writer);
    answer->has_parts = writer.is_begun;
    mime_rewrite_end(&writer.block);
    flush(&writer);
    return !writer.is_broken;
}

static void finish(struct scan_parts *parts, enum scan_parts_result result, int object, uint64_t size)
{
    scan_parts_done *done = parts->done;
    void *context = parts->context;

    oneshot_child_free(&parts->child);
    sealed_fini(&parts->object);
    free(parts);
    done(context, result, object, size);
}

static enum scan_parts_result result_of(const struct answer *answer)
{
    switch (answer ? (enum mime_parts_result)answer->result : MIME_PARTS_STOPPED) {
    case MIME_PARTS_ALL: return SCAN_PARTS_ALL;
    case MIME_PARTS_EXTERNAL: return SCAN_PARTS_EXTERNAL;
    case MIME_PARTS_TOO_MANY:
    case MIME_PARTS_STOPPED: break;
    }
    return SCAN_PARTS_LIMITS;
}

static void on_found(void *context, const void *place)
{
    const struct answer *answer = place;

    finish(context, result_of(answer), -1, answer ? answer->bytes : 0);
}

static void on_written(void *context, const void *place)
{
    const struct answer *answer = place;
    enum scan_parts_result result = result_of(answer);
    struct scan_parts *parts = context;
    uint64_t size = 0;
    int object = -1;

    if (answer && answer->has_parts) {
        object = sealed_take(&parts->object, &size);
        if (object < 0)
            result = SCAN_PARTS_FAILED;
    }
    finish(parts, result, object, size);
}

static const struct oneshot_child_work find_work = {.compute_mapped = find_and_count,
                                                    .answer_size = sizeof(struct answer),
                                                    .deadline_ms = DEADLINE_MS,
                                                    .done = on_found};
static const struct oneshot_child_work write_work = {.compute_mapped = write_parts,
                                                     .answer_size = sizeof(struct answer),
                                                     .deadline_ms = DEADLINE_MS,
                                                     .done = on_written};

static struct scan_parts *start(struct event_base *base, const struct oneshot_child_work *work, int fd,
                                const struct oneshot_child_output *output, struct scan_parts *parts)
{
    parts->child = oneshot_child_new(base, work, fd, output, parts);
    if (parts->child)
        return parts;
    sealed_fini(&parts->object);
    free(parts);
    return NULL;
}

static struct scan_parts *new_parts(scan_parts_done *done, void *context)
{
    struct scan_parts *parts = mem_alloc_zero(sizeof *parts);

    *parts = (struct scan_parts){.done = done, .context = context, .object = SEALED_EMPTY};
    return parts;
}

struct scan_parts *scan_parts_find(struct event_base *base, int fd, scan_parts_done *done, void *context)
{
    return start(base, &find_work, fd, NULL, new_parts(done, context));
}

struct scan_parts *scan_parts_make(struct event_base *base, int fd, uint64_t max_bytes, scan_parts_done *done,
                                   void *context)
{
    struct scan_parts *parts = new_parts(done, context);

    sealed_init(&parts->object, "postern-parts");
    if (parts->object.is_broken) {
        scan_parts_cancel(&parts);
        return NULL;
    }
    return start(base, &write_work, fd, &(struct oneshot_child_output){parts->object.fd, max_bytes}, parts);
}

void scan_parts_cancel(struct scan_parts **place)
{
    struct scan_parts *parts = *place;

    *place = NULL;
    if (!parts)
        return;
    oneshot_child_free(&parts->child);
    sealed_fini(&parts->object);
    free(parts);
}
