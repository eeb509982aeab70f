#include "scan/scan_front_end.h"

#include "base/buf.h"
#include "base/log.h"
#include "sys/message_hash.h"
#include "scan/partial_check.h"
#include "scan/scan_objects.h"
#include "scan/verdict_table.h"
#include "scan/verdict_cache.h"
#include "sys/oneshot_child.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

static const struct verdict failed = {.kind = VERDICT_FAILED};

/* One request at the desk. */
struct inquiry {
    LIST_ENTRY(inquiry) link;
    struct scan_front_end *desk;
    struct scan_request request;
    struct message_hash *hash; /* while it is being made */
    struct scan_objects_job *objects;
    bool is_making;  /* objects, which the queue does not have yet */
    bool has_unmade; /* objects, for which there is no room at any time */
    bool is_hashed;
    struct digest digest;
    uint64_t glance;
    uint64_t epoch;
    struct verdict verdict;        /* the engines' */
    struct oneshot_child *look;       /* while somebody reads whether the message is a piece of one */
    int to_look[SCAN_OBJECTS_MAX]; /* objects that are to be looked at after that */
    size_t to_look_count;
};

struct scan_front_end {
    struct event_base *base;
    struct scan_queue *queue;
    struct verdict_cache *cache; /* or NULL */
    struct verdict_table *board; /* or NULL */
    uint32_t entries;
    scan_queue_done *done;
    void *context;
    struct scan_objects *objects; /* or NULL */
    bool looks_for_partial;
    LIST_HEAD(, inquiry) inquiries;
    size_t hashing, making, looking;
};

static void free_inquiry(struct inquiry *inquiry)
{
    LIST_REMOVE(inquiry, link);
    scan_objects_end(&inquiry->objects);
    free(inquiry);
}

static void answer(struct inquiry *inquiry, const struct verdict *verdict)
{
    struct scan_front_end *desk = inquiry->desk;
    struct scan_request request = inquiry->request;
    struct verdict copy = *verdict; /* it may be the inquiry's */

    free_inquiry(inquiry);
    desk->done(desk->context, request.owner, request.id, &copy);
}

static uint64_t glance_at(const struct scan_request *request)
{
    char start[MESSAGE_GLANCE_BYTES];
    ssize_t n = pread(request->objects[0].fd, start, sizeof start, 0);

    return message_glance((struct span){start, n > 0 ? (size_t)n : 0}, request->objects[0].size);
}

static void post(const struct inquiry *inquiry, const struct digest *message, const struct verdict *verdict)
{
    if (inquiry->desk->board)
        verdict_table_post(inquiry->desk->board, inquiry->request.kind, inquiry->glance, message, verdict);
}

/* No engine and nobody else has anything to add. */
static void conclude(struct inquiry *inquiry, const struct verdict *verdict)
{
    if (inquiry->is_hashed && verdict_cache_put(inquiry->desk->cache, inquiry->epoch, inquiry->request.kind,
                                                &inquiry->digest, verdict))
        post(inquiry, &inquiry->digest, verdict);
    answer(inquiry, verdict);
}

static void look_next(struct inquiry *inquiry);

static void end_looks(struct inquiry *inquiry)
{
    while (inquiry->to_look_count)
        close(inquiry->to_look[--inquiry->to_look_count]);
}

/* A header that its reader died of, though the word is in it, counts as one. */
static void on_looked(void *context, const void *answer)
{
    struct inquiry *inquiry = context;
    const struct partial_check_answer *looked = answer;
    bool is_partial = !looked || looked->is_partial;

    oneshot_child_free(&inquiry->look); /* and the answer with it */
    inquiry->desk->looking--;
    if (is_partial) {
        end_looks(inquiry);
        verdict_set(&inquiry->verdict, VERDICT_UNSCANNABLE, UNSCANNABLE_PARTIAL, SPAN("message-partial"));
    }
    look_next(inquiry);
}

static const struct oneshot_child_work look_work = {partial_check_compute, sizeof(struct partial_check_answer),
                                                 PARTIAL_CHECK_MS, on_looked};

static void look_next(struct inquiry *inquiry)
{
    int fd;

    if (inquiry->to_look_count == 0) {
        conclude(inquiry, &inquiry->verdict);
        return;
    }
    fd = inquiry->to_look[--inquiry->to_look_count];
    inquiry->look = oneshot_child_new(inquiry->desk->base, &look_work, fd, inquiry);
    close(fd);
    if (inquiry->look) {
        inquiry->desk->looking++;
        return;
    }
    end_looks(inquiry);
    conclude(inquiry, &failed);
}

/* Of each object: a reader that has other line ends may see a field where another sees none. */
static bool keep_to_look(struct inquiry *inquiry)
{
    const struct scan_request *request = &inquiry->request;

    for (size_t i = request->count; i-- > 0;) {
        int fd = fcntl(request->objects[i].fd, F_DUPFD_CLOEXEC, 0);

        if (fd < 0)
            return false;
        inquiry->to_look[inquiry->to_look_count++] = fd;
    }
    return true;
}

static bool could_be_worse(const struct verdict *verdict)
{
    static const struct verdict partial = {.kind = VERDICT_UNSCANNABLE, .reason = UNSCANNABLE_PARTIAL};

    return verdict_rank(verdict) < verdict_rank(&partial);
}

static bool could_be_partial(const struct inquiry *inquiry)
{
    return inquiry->desk->looks_for_partial && inquiry->request.kind == MESSAGE_MAIL &&
           could_be_worse(&inquiry->verdict);
}

/* The queue closes the descriptors after this; who looks has one of its own. */
static void on_queue_done(void *context, void *owner, uint64_t id, const struct verdict *verdict)
{
    struct inquiry *inquiry = owner;
    int message = inquiry->request.objects[0].fd;

    inquiry->verdict = *verdict;
    if (inquiry->has_unmade && could_be_worse(verdict))
        verdict_set(&inquiry->verdict, VERDICT_UNSCANNABLE, UNSCANNABLE_LIMITS, SPAN("line-ends-too-large"));
    if (!could_be_partial(inquiry) || !partial_check_is_needed(message)) {
        conclude(inquiry, &inquiry->verdict);
        return;
    }
    if (keep_to_look(inquiry)) {
        look_next(inquiry);
        return;
    }
    end_looks(inquiry);
    conclude(inquiry, &failed);
}

static void queue(struct inquiry *inquiry)
{
    struct scan_request request = inquiry->request;

    request.owner = inquiry;
    scan_queue_add(inquiry->desk->queue, &request);
}

static void on_objects(void *context, enum scan_objects_result result)
{
    struct inquiry *inquiry = context;

    inquiry->is_making = false;
    inquiry->desk->making--;
    if (result == SCAN_OBJECTS_FAILED) {
        scan_request_close(&inquiry->request);
        answer(inquiry, &failed);
        return;
    }
    inquiry->has_unmade = result == SCAN_OBJECTS_TOO_LARGE;
    queue(inquiry);
}

static void pass_on(struct inquiry *inquiry)
{
    struct scan_front_end *desk = inquiry->desk;

    if (!desk->objects || inquiry->request.kind != MESSAGE_MAIL) {
        queue(inquiry);
        return;
    }
    inquiry->is_making = true;
    desk->making++;
    inquiry->objects = scan_objects_start(desk->objects, &inquiry->request, on_objects, inquiry);
}

static void on_hashed(void *context, const struct digest *digest)
{
    struct inquiry *inquiry = context;
    struct scan_front_end *desk = inquiry->desk;
    struct verdict verdict;

    inquiry->hash = NULL;
    inquiry->glance = glance_at(&inquiry->request);
    desk->hashing--;
    if (digest && verdict_cache_get(desk->cache, inquiry->request.kind, digest, &verdict)) {
        log_text(EVENT_verdict_known, "%s", verdict_kind_name((enum verdict_kind)verdict.kind));
        post(inquiry, digest, &verdict);
        scan_request_close(&inquiry->request);
        answer(inquiry, &verdict);
        return;
    }
    inquiry->is_hashed = digest != NULL;
    if (digest)
        inquiry->digest = *digest;
    pass_on(inquiry);
}

void scan_front_end_add(struct scan_front_end *desk, const struct scan_request *request)
{
    struct inquiry *inquiry = mem_alloc_zero(sizeof *inquiry);

    inquiry->desk = desk;
    inquiry->request = *request;
    LIST_INSERT_HEAD(&desk->inquiries, inquiry, link);
    if (!desk->cache) {
        pass_on(inquiry);
        return;
    }
    inquiry->epoch = verdict_cache_epoch(desk->cache);
    inquiry->hash =
        message_hash_start(desk->base, request->objects[0].fd, request->objects[0].size, on_hashed, inquiry);
    desk->hashing++;
}

static void drop(struct inquiry *inquiry)
{
    if (inquiry->hash) {
        message_hash_cancel(&inquiry->hash);
        inquiry->desk->hashing--;
        scan_request_close(&inquiry->request);
    } else if (inquiry->is_making) {
        scan_objects_end(&inquiry->objects);
        inquiry->desk->making--;
        scan_request_close(&inquiry->request);
    } else if (inquiry->look) {
        oneshot_child_free(&inquiry->look);
        inquiry->desk->looking--;
        end_looks(inquiry);
    } else {
        scan_queue_forget(inquiry->desk->queue, inquiry);
    }
    free_inquiry(inquiry);
}

void scan_front_end_forget(struct scan_front_end *desk, const void *owner)
{
    struct inquiry *inquiry, *next;

    for (inquiry = LIST_FIRST(&desk->inquiries); inquiry; inquiry = next) {
        next = LIST_NEXT(inquiry, link);
        if (inquiry->request.owner == owner)
            drop(inquiry);
    }
}

void scan_front_end_forget_verdicts(struct scan_front_end *desk)
{
    if (desk->cache)
        verdict_cache_clear(desk->cache);
    if (desk->board)
        verdict_table_clear(desk->board);
}

int scan_front_end_board(const struct scan_front_end *desk, uint32_t *entries)
{
    *entries = desk->entries;
    return desk->board ? verdict_table_fd(desk->board) : -1;
}

size_t scan_front_end_length(const struct scan_front_end *desk)
{
    return desk->hashing + desk->making + desk->looking + scan_queue_length(desk->queue);
}

/* Without a board relays ask each time. */
static void keep_verdicts(struct scan_front_end *desk, uint32_t entries)
{
    desk->entries = entries;
    desk->cache = verdict_cache_new(entries);
    desk->board = verdict_table_new(entries);
    if (!desk->board)
        log_text(EVENT_no_verdict_table, "%m");
}

struct scan_front_end *scan_front_end_new(struct event_base *base, struct engine *const *engines,
                                          size_t engine_count, const struct scan_front_end_settings *settings,
                                          scan_queue_done *done, void *context)
{
    struct scan_front_end *desk = mem_alloc_zero(sizeof *desk);

    desk->base = base;
    desk->done = done;
    desk->context = context;
    LIST_INIT(&desk->inquiries);
    desk->queue = scan_queue_new(base, engines, engine_count, settings->deadline_ms, on_queue_done, desk);
    desk->looks_for_partial = settings->looks_for_partial;
    if (settings->objects_max_bytes)
        desk->objects = scan_objects_new(base, settings->objects_max_bytes);
    if (settings->cache_entries)
        keep_verdicts(desk, settings->cache_entries);
    return desk;
}

void scan_front_end_free(struct scan_front_end **desk)
{
    struct scan_front_end *d = *desk;

    if (!d)
        return;
    while (!LIST_EMPTY(&d->inquiries))
        drop(LIST_FIRST(&d->inquiries));
    scan_queue_free(&d->queue);
    scan_objects_free(&d->objects);
    verdict_cache_free(&d->cache);
    verdict_table_free(&d->board);
    free(d);
    *desk = NULL;
}
