#include "scan/scan_parts.h"

#include "content/encrypted.h"
#include "content/pgp.h"
#include "mail/mime_hidden.h"
#include "mail/mime_parts.h"
#include "mail/mime_plain.h"
#include "mail/mime_rewrite.h"
#include "scan/quick_check.h"
#include "sys/oneshot_child.h"
#include "sys/sealed.h"
#include "sys/write_all.h"

#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

enum {
    PARTS_MAX = 4096,
    DEPTH_MAX = 8,
    OCTETS_FACTOR = 2,    /* limit of decoded octets: this many per octet of the message */
    OCTETS_MIN = 4 << 20, /* plus this many */
    DEADLINE_MS = 30000,
    BLOCK_BYTES = 65536,
};

struct scan_parts {
    TAILQ_ENTRY(scan_parts) link;
    struct scan_parts_maker *maker;
    const struct oneshot_child_work *work;
    int fd;
    uint64_t size;      /* of the message */
    uint64_t max_bytes; /* of the object; 0: this is the first step */
    scan_parts_done *done;
    void *context;
    struct quick_check *check; /* at most one of these three is set */
    struct oneshot_child *child;
    bool is_waiting;
    struct sealed object;
};

struct scan_parts_maker {
    struct event_base *base;
    struct quick_checker *checker;
    unsigned running, running_large;
    TAILQ_HEAD(, scan_parts) waiting;
};

/* The answer of a child that has parsed hostile bytes. It may have any value. */
struct answer {
    uint8_t result; /* enum mime_parts_result */
    uint8_t has_parts;
    uint8_t is_ambiguous; /* only in the first step, like the next two */
    uint8_t is_encrypted;
    uint64_t bytes; /* maximum size of the object; only in the first step */
};

/* Sums up the parts, in the child of the first step. */
struct count {
    uint64_t octets, parts;
    bool is_encrypted;
};

/* Writes the object, in the child of the second step. */
struct writer {
    struct buf block;
    bool is_begun, is_broken;
};

static enum mime_parts_result find_parts(struct span message, mime_parts_take *take, void *context)
{
    struct mime_parts_limits limits = {message.n * OCTETS_FACTOR + OCTETS_MIN, PARTS_MAX, DEPTH_MAX};

    return mime_parts(message, &limits, take, context);
}

static bool count_part(void *context, const struct mime_part *part)
{
    struct count *count = context;

    count->octets += part->content.n;
    count->parts++;
    count->is_encrypted = count->is_encrypted || encrypted_of(part->content) != ENCRYPTED_NOT;
    return true;
}

static bool find_and_count(struct span message, void *place)
{
    struct answer *answer = place;
    struct count count = {0};

    if (mime_is_plain(message))
        return true;
    answer->result = (uint8_t)find_parts(message, count_part, &count);
    answer->is_ambiguous = mime_hidden_in(message);
    answer->is_encrypted = count.is_encrypted || pgp_is_encrypted(message);
    answer->bytes = count.parts ? mime_rewrite_max_bytes(count.octets, count.parts) : 0;
    return true;
}

static void flush(struct writer *writer)
{
    if (!writer->is_broken)
        writer->is_broken = !write_all(ONESHOT_CHILD_OUTPUT_FD, buf_span(&writer->block));
    buf_clear(&writer->block);
}

static bool write_part(void *context, const struct mime_part *part)
{
    struct writer *writer = context;

    if (!writer->is_begun)
        mime_rewrite_begin(&writer->block);
    writer->is_begun = true;
    mime_rewrite_named_part(&writer->block, part->content, part->title, part->name);
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

static bool is_large(const struct scan_parts *parts)
{
    return parts->size > SCAN_PARTS_LARGE_BYTES;
}

static bool may_start(const struct scan_parts *parts)
{
    const struct scan_parts_maker *maker = parts->maker;

    return maker->running < SCAN_PARTS_CHILDREN_MAX &&
           (!is_large(parts) || maker->running_large < SCAN_PARTS_LARGE_MAX);
}

static void count_child(const struct scan_parts *parts, int change)
{
    parts->maker->running += (unsigned)change;
    if (is_large(parts))
        parts->maker->running_large += (unsigned)change;
}

/* False: no process, memory or descriptor. */
static bool start(struct scan_parts *parts)
{
    struct oneshot_child_output output = {-1, parts->max_bytes};

    if (parts->max_bytes) {
        sealed_init(&parts->object, "postern-parts");
        output.fd = parts->object.fd;
        if (parts->object.is_broken)
            return false;
    }
    parts->child = oneshot_child_new(parts->maker->base, parts->work, parts->fd,
                                     parts->max_bytes ? &output : NULL, parts);
    if (parts->child)
        count_child(parts, 1);
    return parts->child != NULL;
}

static void start_waiting(struct scan_parts_maker *maker);

static void free_parts(struct scan_parts *parts)
{
    struct scan_parts_maker *maker = parts->maker;

    if (parts->child)
        count_child(parts, -1);
    oneshot_child_free(&parts->child);
    sealed_fini(&parts->object);
    free(parts);
    start_waiting(maker);
}

static void finish(struct scan_parts *parts, enum scan_parts_result result, int object, uint64_t size)
{
    scan_parts_done *done = parts->done;
    void *context = parts->context;

    free_parts(parts);
    done(context, result, object, size);
}

/* Ends a step that has no child. Starts no waiting step, because no child has become free. */
static void fail(struct scan_parts *parts)
{
    scan_parts_done *done = parts->done;
    void *context = parts->context;

    sealed_fini(&parts->object);
    free(parts);
    done(context, SCAN_PARTS_FAILED, -1, 0);
}

static struct scan_parts *first_that_may_start(const struct scan_parts_maker *maker)
{
    struct scan_parts *parts;

    TAILQ_FOREACH(parts, &maker->waiting, link)
    if (may_start(parts))
        break;
    return parts;
}

static void start_waiting(struct scan_parts_maker *maker)
{
    struct scan_parts *parts;

    while ((parts = first_that_may_start(maker))) {
        TAILQ_REMOVE(&maker->waiting, parts, link);
        parts->is_waiting = false;
        if (!start(parts))
            fail(parts);
    }
}

static enum scan_parts_result result_of(const struct answer *answer)
{
    switch (answer ? (enum mime_parts_result)answer->result : MIME_PARTS_STOPPED) {
    case MIME_PARTS_ALL:
        if (answer->is_encrypted)
            return SCAN_PARTS_ENCRYPTED;
        return answer->is_ambiguous ? SCAN_PARTS_AMBIGUOUS : SCAN_PARTS_ALL;
    case MIME_PARTS_EXTERNAL: return SCAN_PARTS_EXTERNAL;
    case MIME_PARTS_DAMAGED: return SCAN_PARTS_DAMAGED;
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

static struct scan_parts *new_parts(const struct scan_parts *step)
{
    struct scan_parts *parts = mem_alloc_zero(sizeof *parts);

    *parts = *step;
    parts->object = SEALED_EMPTY;
    return parts;
}

/* Starts a step, or lets it wait. False: it cannot be started. */
static bool begin(struct scan_parts *parts)
{
    if (may_start(parts))
        return start(parts);
    TAILQ_INSERT_TAIL(&parts->maker->waiting, parts, link);
    parts->is_waiting = true;
    return true;
}

static struct scan_parts *begin_new(const struct scan_parts *step)
{
    struct scan_parts *parts = new_parts(step);

    if (begin(parts))
        return parts;
    sealed_fini(&parts->object);
    free(parts);
    return NULL;
}

static void on_checked(void *context, bool is_plain)
{
    struct scan_parts *parts = context;

    parts->check = NULL;
    if (is_plain)
        finish(parts, SCAN_PARTS_ALL, -1, 0);
    else if (!begin(parts))
        fail(parts);
}

struct scan_parts *scan_parts_find(struct scan_parts_maker *maker, int fd, uint64_t size,
                                   scan_parts_done *done, void *context)
{
    const struct scan_parts step = {
        .maker = maker, .work = &find_work, .fd = fd, .size = size, .done = done, .context = context};
    struct scan_parts *parts;

    if (size > QUICK_CHECK_MAX_BYTES)
        return begin_new(&step);
    parts = new_parts(&step);
    parts->check = quick_check_new(maker->checker, fd, size, on_checked, parts);
    return parts;
}

struct scan_parts *scan_parts_make(struct scan_parts_maker *maker, int fd, uint64_t size, uint64_t max_bytes,
                                   scan_parts_done *done, void *context)
{
    return begin_new(&(struct scan_parts){.maker = maker,
                                          .work = &write_work,
                                          .fd = fd,
                                          .size = size,
                                          .max_bytes = max_bytes,
                                          .done = done,
                                          .context = context});
}

void scan_parts_cancel(struct scan_parts **owned)
{
    struct scan_parts *parts = *owned;

    *owned = NULL;
    if (!parts)
        return;
    quick_check_cancel(&parts->check);
    if (parts->is_waiting)
        TAILQ_REMOVE(&parts->maker->waiting, parts, link);
    free_parts(parts);
}

struct scan_parts_maker *scan_parts_maker_new(struct event_base *base)
{
    struct scan_parts_maker *maker = mem_alloc_zero(sizeof *maker);

    maker->base = base;
    maker->checker = quick_checker_new(base, mime_is_plain);
    TAILQ_INIT(&maker->waiting);
    return maker;
}

void scan_parts_maker_free(struct scan_parts_maker **maker)
{
    if (*maker)
        quick_checker_free(&(*maker)->checker);
    free(*maker);
    *maker = NULL;
}
