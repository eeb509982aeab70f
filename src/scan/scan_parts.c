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
    OCTETS_FACTOR = 2, /* decoded octets, for each octet of the message, */
    OCTETS_MIN = 1 << 20, /* and in any case */
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
struct look_answer {
    uint8_t is_plain;
};

struct make_answer {
    uint8_t result; /* enum mime_parts_result */
    uint8_t has_parts;
};

/* In the child. */
struct writer {
    struct buf block;
    bool is_begun, is_broken;
};

static struct mime_parts_limits limits_of(uint64_t size)
{
    return (struct mime_parts_limits){size * OCTETS_FACTOR + OCTETS_MIN, PARTS_MAX, DEPTH_MAX};
}

uint64_t scan_parts_max_bytes(uint64_t size)
{
    return mime_rewrite_max_bytes(limits_of(size).octets, PARTS_MAX);
}

static bool compute_look(struct span message, void *place)
{
    struct look_answer *answer = place;

    answer->is_plain = mime_is_plain(message);
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

static bool compute_make(struct span message, void *place)
{
    struct mime_parts_limits limits = limits_of(message.n);
    struct make_answer *answer = place;
    struct writer writer = {0};

    answer->result = (uint8_t)mime_parts(message, &limits, write_part, &writer);
    answer->has_parts = writer.is_begun;
    if (writer.is_begun)
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

/* A message on which the parser fails is not plain. */
static void on_looked(void *context, const void *place)
{
    const struct look_answer *answer = place;

    finish(context, answer && answer->is_plain ? SCAN_PARTS_PLAIN : SCAN_PARTS_ODD, -1, 0);
}

static void on_made(void *context, const void *place)
{
    const struct make_answer *answer = place;
    struct scan_parts *parts = context;
    bool is_whole = answer && (answer->result == MIME_PARTS_ALL || answer->result == MIME_PARTS_EXTERNAL);
    enum scan_parts_result result = SCAN_PARTS_LIMITS;
    uint64_t size = 0;
    int object = -1;

    if (is_whole) {
        result = answer->result == MIME_PARTS_ALL ? SCAN_PARTS_MADE : SCAN_PARTS_EXTERNAL;
        if (answer->has_parts) {
            object = sealed_take(&parts->object, &size);
            result = object < 0 ? SCAN_PARTS_FAILED : result;
        }
    }
    finish(parts, result, object, size);
}

static const struct oneshot_child_work look_work = {.compute_mapped = compute_look,
                                                    .answer_size = sizeof(struct look_answer),
                                                    .deadline_ms = DEADLINE_MS,
                                                    .done = on_looked};
static const struct oneshot_child_work make_work = {.compute_mapped = compute_make,
                                                    .answer_size = sizeof(struct make_answer),
                                                    .deadline_ms = DEADLINE_MS,
                                                    .done = on_made};

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

struct scan_parts *scan_parts_look(struct event_base *base, int fd, scan_parts_done *done, void *context)
{
    return start(base, &look_work, fd, NULL, new_parts(done, context));
}

struct scan_parts *scan_parts_make(struct event_base *base, int fd, uint64_t size, scan_parts_done *done,
                                   void *context)
{
    struct scan_parts *parts = new_parts(done, context);

    sealed_init(&parts->object, "postern-parts");
    if (parts->object.is_broken) {
        scan_parts_cancel(&parts);
        return NULL;
    }
    return start(base, &make_work, fd,
                 &(struct oneshot_child_output){parts->object.fd, scan_parts_max_bytes(size)}, parts);
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
