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

/* One request until it is answered. */
struct pending {
    LIST_ENTRY(pending) link;
    struct scan_front_end *front_end;
    struct scan_request request;
    struct message_hash *hash; /* NULL: the message is not being hashed */
    struct scan_objects_job *objects;
    bool is_making; /* further objects are being made; the request is not queued yet */
    enum scan_objects_result made;
    bool is_hashed;
    struct digest digest;
    uint64_t fingerprint;
    uint64_t epoch;
    struct verdict verdict;         /* the combined verdict of the engines */
    struct oneshot_child *check;    /* NULL: no object is being checked for message/partial */
    int to_check[SCAN_OBJECTS_MAX]; /* descriptors of objects that are still to be checked */
    size_t to_check_count;
};

struct scan_front_end {
    struct event_base *base;
    struct scan_queue *queue;
    struct verdict_cache *cache; /* or NULL */
    struct verdict_table *table; /* or NULL */
    uint32_t entries;
    scan_queue_done *done;
    void *context;
    struct scan_objects *objects; /* or NULL */
    bool checks_partial;
    LIST_HEAD(, pending) all_pending;
    size_t hashing, making, checking;
};

static void free_pending(struct pending *pending)
{
    LIST_REMOVE(pending, link);
    scan_objects_end(&pending->objects);
    free(pending);
}

static void answer(struct pending *pending, const struct verdict *verdict)
{
    struct scan_front_end *front_end = pending->front_end;
    struct scan_request request = pending->request;
    struct verdict copy = *verdict; /* `verdict` may point into the request */

    free_pending(pending);
    front_end->done(front_end->context, request.owner, request.id, &copy);
}

static uint64_t fingerprint_of(const struct scan_request *request)
{
    char start[MESSAGE_FINGERPRINT_BYTES];
    ssize_t n = pread(request->objects[0].fd, start, sizeof start, 0);

    return message_fingerprint((struct span){start, n > 0 ? (size_t)n : 0}, request->objects[0].size);
}

static void publish(const struct pending *pending, const struct digest *message,
                    const struct verdict *verdict)
{
    if (pending->front_end->table)
        verdict_table_post(pending->front_end->table, pending->request.kind, pending->fingerprint, message,
                           verdict);
}

/* Caches the final verdict and answers the request. */
static void finish(struct pending *pending, const struct verdict *verdict)
{
    if (pending->is_hashed && verdict_cache_put(pending->front_end->cache, pending->epoch,
                                                pending->request.kind, &pending->digest, verdict))
        publish(pending, &pending->digest, verdict);
    answer(pending, verdict);
}

static void check_next(struct pending *pending);

static void end_checks(struct pending *pending)
{
    while (pending->to_check_count)
        close(pending->to_check[--pending->to_check_count]);
}

/* If the child gives no answer, because the header crashes the parser for example, the message is treated as
 * message/partial. */
static void on_checked(void *context, const void *answer)
{
    struct pending *pending = context;
    const struct partial_check_answer *checked = answer;
    bool is_partial = !checked || checked->is_partial;

    oneshot_child_free(&pending->check); /* frees `answer`, too */
    pending->front_end->checking--;
    if (is_partial) {
        end_checks(pending);
        verdict_set(&pending->verdict, VERDICT_UNSCANNABLE, UNSCANNABLE_PARTIAL, SPAN("message-partial"));
    }
    check_next(pending);
}

static const struct oneshot_child_work check_work = {
    .compute = partial_check_compute,
    .answer_size = sizeof(struct partial_check_answer),
    .deadline_ms = PARTIAL_CHECK_MS,
    .done = on_checked,
};

static void check_next(struct pending *pending)
{
    int fd;

    if (pending->to_check_count == 0) {
        finish(pending, &pending->verdict);
        return;
    }
    fd = pending->to_check[--pending->to_check_count];
    pending->check = oneshot_child_new(pending->front_end->base, &check_work, fd, NULL, pending);
    close(fd);
    if (pending->check) {
        pending->front_end->checking++;
        return;
    }
    end_checks(pending);
    finish(pending, &failed);
}

/* Duplicates the descriptors of all objects for the check. Returns false on failure. */
static bool keep_for_check(struct pending *pending)
{
    const struct scan_request *request = &pending->request;

    for (size_t i = request->count; i-- > 0;) {
        int fd = fcntl(request->objects[i].fd, F_DUPFD_CLOEXEC, 0);

        if (fd < 0)
            return false;
        pending->to_check[pending->to_check_count++] = fd;
    }
    return true;
}

static bool could_be_worse(const struct verdict *verdict)
{
    static const struct verdict partial = {.kind = VERDICT_UNSCANNABLE, .reason = UNSCANNABLE_PARTIAL};

    return verdict_rank(verdict) < verdict_rank(&partial);
}

static bool could_be_partial(const struct pending *pending)
{
    return pending->front_end->checks_partial && pending->request.kind == MESSAGE_MAIL &&
           could_be_worse(&pending->verdict);
}

/* The queue closes the request's descriptors after this call. */
static void on_queue_done(void *context, void *owner, uint64_t id, const struct verdict *verdict)
{
    struct pending *pending = owner;
    int message = pending->request.objects[0].fd;

    pending->verdict = *verdict;
    if (pending->made == SCAN_OBJECTS_TOO_LARGE && could_be_worse(verdict))
        verdict_set(&pending->verdict, VERDICT_UNSCANNABLE, UNSCANNABLE_LIMITS, SPAN("readings-too-large"));
    if (pending->made == SCAN_OBJECTS_EXTERNAL && could_be_worse(verdict))
        verdict_set(&pending->verdict, VERDICT_UNSCANNABLE, UNSCANNABLE_PARTIAL, SPAN("external-body"));
    if (!could_be_partial(pending) || !partial_check_is_needed(message)) {
        finish(pending, &pending->verdict);
        return;
    }
    if (keep_for_check(pending)) {
        check_next(pending);
        return;
    }
    end_checks(pending);
    finish(pending, &failed);
}

static void queue(struct pending *pending)
{
    struct scan_request request = pending->request;

    request.owner = pending;
    scan_queue_add(pending->front_end->queue, &request);
}

static void on_objects(void *context, enum scan_objects_result result)
{
    struct pending *pending = context;

    pending->is_making = false;
    pending->front_end->making--;
    if (result == SCAN_OBJECTS_FAILED) {
        scan_request_close(&pending->request);
        answer(pending, &failed);
        return;
    }
    pending->made = result;
    queue(pending);
}

static void add_objects_and_queue(struct pending *pending)
{
    struct scan_front_end *front_end = pending->front_end;

    if (!front_end->objects || pending->request.kind != MESSAGE_MAIL) {
        queue(pending);
        return;
    }
    pending->is_making = true;
    front_end->making++;
    pending->objects = scan_objects_start(front_end->objects, &pending->request, on_objects, pending);
}

static void on_hashed(void *context, const struct digest *digest)
{
    struct pending *pending = context;
    struct scan_front_end *front_end = pending->front_end;
    struct verdict verdict;

    pending->hash = NULL;
    pending->fingerprint = fingerprint_of(&pending->request);
    front_end->hashing--;
    if (digest && verdict_cache_get(front_end->cache, pending->request.kind, digest, &verdict)) {
        log_text(EVENT_verdict_known, "%s", verdict_kind_name((enum verdict_kind)verdict.kind));
        publish(pending, digest, &verdict);
        scan_request_close(&pending->request);
        answer(pending, &verdict);
        return;
    }
    pending->is_hashed = digest != NULL;
    if (digest)
        pending->digest = *digest;
    add_objects_and_queue(pending);
}

void scan_front_end_add(struct scan_front_end *front_end, const struct scan_request *request)
{
    struct pending *pending = mem_alloc_zero(sizeof *pending);

    pending->front_end = front_end;
    pending->request = *request;
    LIST_INSERT_HEAD(&front_end->all_pending, pending, link);
    if (!front_end->cache) {
        add_objects_and_queue(pending);
        return;
    }
    pending->epoch = verdict_cache_epoch(front_end->cache);
    pending->hash = message_hash_start(front_end->base, request->objects[0].fd, request->objects[0].size,
                                       on_hashed, pending);
    front_end->hashing++;
}

static void drop(struct pending *pending)
{
    if (pending->hash) {
        message_hash_cancel(&pending->hash);
        pending->front_end->hashing--;
        scan_request_close(&pending->request);
    } else if (pending->is_making) {
        scan_objects_end(&pending->objects);
        pending->front_end->making--;
        scan_request_close(&pending->request);
    } else if (pending->check) {
        oneshot_child_free(&pending->check);
        pending->front_end->checking--;
        end_checks(pending);
    } else {
        scan_queue_forget(pending->front_end->queue, pending);
    }
    free_pending(pending);
}

void scan_front_end_forget(struct scan_front_end *front_end, const void *owner)
{
    struct pending *pending, *next;

    for (pending = LIST_FIRST(&front_end->all_pending); pending; pending = next) {
        next = LIST_NEXT(pending, link);
        if (pending->request.owner == owner)
            drop(pending);
    }
}

void scan_front_end_forget_verdicts(struct scan_front_end *front_end)
{
    if (front_end->cache)
        verdict_cache_clear(front_end->cache);
    if (front_end->table)
        verdict_table_clear(front_end->table);
}

int scan_front_end_table(const struct scan_front_end *front_end, uint32_t *entries)
{
    *entries = front_end->entries;
    return front_end->table ? verdict_table_fd(front_end->table) : -1;
}

size_t scan_front_end_length(const struct scan_front_end *front_end)
{
    return front_end->hashing + front_end->making + front_end->checking + scan_queue_length(front_end->queue);
}

/* Makes the cache and the table. Without a table, relays send a request for every message. */
static void make_cache(struct scan_front_end *front_end, uint32_t entries)
{
    front_end->entries = entries;
    front_end->cache = verdict_cache_new(entries);
    front_end->table = verdict_table_new(entries);
    if (!front_end->table)
        log_text(EVENT_no_verdict_table, "%m");
}

struct scan_front_end *scan_front_end_new(struct event_base *base, struct engine *const *engines,
                                          size_t engine_count, const struct scan_front_end_settings *settings,
                                          scan_queue_done *done, void *context)
{
    struct scan_front_end *front_end = mem_alloc_zero(sizeof *front_end);

    front_end->base = base;
    front_end->done = done;
    front_end->context = context;
    LIST_INIT(&front_end->all_pending);
    front_end->queue =
        scan_queue_new(base, engines, engine_count, settings->deadline_ms, on_queue_done, front_end);
    front_end->checks_partial = settings->checks_partial;
    if (settings->objects_max_bytes)
        front_end->objects = scan_objects_new(base, settings->objects_max_bytes);
    if (settings->cache_entries)
        make_cache(front_end, settings->cache_entries);
    return front_end;
}

void scan_front_end_free(struct scan_front_end **front_end)
{
    struct scan_front_end *f = *front_end;

    if (!f)
        return;
    while (!LIST_EMPTY(&f->all_pending))
        drop(LIST_FIRST(&f->all_pending));
    scan_queue_free(&f->queue);
    scan_objects_free(&f->objects);
    verdict_cache_free(&f->cache);
    verdict_table_free(&f->table);
    free(f);
    *front_end = NULL;
}
