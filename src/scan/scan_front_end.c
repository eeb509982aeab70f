#include "scan/scan_front_end.h"

#include "base/buf.h"
#include "base/log.h"
#include "sys/message_hash.h"
#include "scan/partial_check.h"
#include "scan/partial_checks.h"
#include "scan/scan_discards.h"
#include "scan/scan_objects.h"
#include "scan/verdict_table.h"
#include "scan/verdict_cache.h"

#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

static const struct verdict failed = {.kind = VERDICT_FAILED};

enum state {
    STATE_HASHING,
    STATE_MAKING, /* further objects are being made */
    STATE_QUEUED,
    STATE_CHECKING, /* the queue has closed the objects */
};

/* One request until it is answered. */
struct pending {
    LIST_ENTRY(pending) link;
    struct scan_front_end *front_end;
    struct scan_request request;
    enum state state;
    struct message_hash *hash; /* in STATE_HASHING */
    struct scan_objects_job *objects;
    enum scan_objects_result made;
    bool is_hashed;
    struct digest digest;
    uint64_t fingerprint;
    uint64_t epoch;
    struct verdict verdict;        /* the combined verdict of the engines */
    struct partial_checks *checks; /* in STATE_CHECKING */
};

struct scan_front_end {
    struct event_base *base;
    struct scan_queue *queue;
    struct scan_discards *discards;
    struct verdict_cache *cache; /* or NULL */
    struct verdict_table *table; /* or NULL */
    uint32_t entries;
    scan_queue_done *done;
    void *context;
    struct scan_objects *objects; /* or NULL */
    bool checks_partial;
    LIST_HEAD(, pending) all_pending;
    size_t count, queued; /* of all_pending: all, and those in STATE_QUEUED */
};

static void free_pending(struct pending *pending)
{
    LIST_REMOVE(pending, link);
    pending->front_end->count--;
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

static void on_checks_done(void *context, enum partial_checks_result result)
{
    struct pending *pending = context;

    pending->checks = NULL;
    if (result == PARTIAL_CHECKS_FOUND)
        verdict_set(&pending->verdict, VERDICT_UNSCANNABLE, UNSCANNABLE_PARTIAL, SPAN("message-partial"));
    finish(pending, result == PARTIAL_CHECKS_FAILED ? &failed : &pending->verdict);
}

static bool could_be_worse(const struct verdict *verdict)
{
    static const struct verdict partial = {.kind = VERDICT_UNSCANNABLE, .reason = UNSCANNABLE_PARTIAL};

    return verdict_rank(verdict) < verdict_rank(&partial);
}

static bool could_be_partial(const struct pending *pending)
{
    return pending->front_end->checks_partial && pending->request.kind == MESSAGE_MAIL &&
           could_be_worse(&pending->verdict) && partial_check_is_needed(pending->request.objects[0].fd);
}

/* The queue closes the request's descriptors after this call. */
static void on_queue_done(void *context, void *owner, uint64_t id, const struct verdict *verdict)
{
    struct pending *pending = owner;

    pending->front_end->queued--;
    pending->state = STATE_CHECKING;
    pending->verdict = *verdict;
    if (pending->made == SCAN_OBJECTS_TOO_LARGE && could_be_worse(verdict))
        verdict_set(&pending->verdict, VERDICT_UNSCANNABLE, UNSCANNABLE_LIMITS, SPAN("readings-too-large"));
    if (pending->made == SCAN_OBJECTS_EXTERNAL && could_be_worse(verdict))
        verdict_set(&pending->verdict, VERDICT_UNSCANNABLE, UNSCANNABLE_PARTIAL, SPAN("external-body"));
    if (!could_be_partial(pending)) {
        finish(pending, &pending->verdict);
        return;
    }
    pending->checks =
        partial_checks_start(pending->front_end->base, &pending->request, on_checks_done, pending);
    if (!pending->checks)
        finish(pending, &failed);
}

static void queue(struct pending *pending)
{
    struct scan_request request = pending->request;

    request.owner = pending;
    pending->state = STATE_QUEUED;
    pending->front_end->queued++;
    scan_queue_add(pending->front_end->queue, &request);
}

static void on_objects(void *context, enum scan_objects_result result)
{
    struct pending *pending = context;

    if (result == SCAN_OBJECTS_FAILED) {
        scan_request_close(&pending->request);
        finish(pending, &failed);
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
    pending->state = STATE_MAKING;
    pending->objects = scan_objects_start(front_end->objects, &pending->request, on_objects, pending);
}

static void on_hashed(void *context, const struct digest *digest)
{
    struct pending *pending = context;
    struct scan_front_end *front_end = pending->front_end;
    struct verdict verdict;

    pending->hash = NULL;
    pending->fingerprint = fingerprint_of(&pending->request);
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
    front_end->count++;
    if (!front_end->cache) {
        add_objects_and_queue(pending);
        return;
    }
    pending->epoch = verdict_cache_epoch(front_end->cache);
    pending->hash = message_hash_start(front_end->base, request->objects[0].fd, request->objects[0].size,
                                       on_hashed, pending);
}

/* Returns whether an engine is still scanning an object. */
static bool leave_queue(struct pending *pending)
{
    struct scan_front_end *front_end = pending->front_end;
    size_t length = scan_queue_length(front_end->queue);

    front_end->queued--;
    scan_queue_forget(front_end->queue, pending);
    return scan_queue_length(front_end->queue) == length;
}

/* Ends the work on the request. Returns whether scan still holds its objects. */
static bool stop(struct pending *pending)
{
    switch (pending->state) {
    case STATE_HASHING: message_hash_cancel(&pending->hash); break;
    case STATE_MAKING: scan_objects_end(&pending->objects); break;
    case STATE_QUEUED: return leave_queue(pending);
    case STATE_CHECKING: partial_checks_cancel(&pending->checks); return false;
    }
    scan_request_close(&pending->request);
    return false;
}

/* owner: is told when scan holds nothing of the request any more; NULL: need not be told. */
static void take_back(struct pending *pending, void *owner)
{
    struct scan_front_end *front_end = pending->front_end;
    uint64_t id = pending->request.id;
    bool is_held = stop(pending);

    if (is_held)
        scan_discards_add(front_end->discards, owner, id, &pending->objects);
    free_pending(pending);
    if (!is_held && owner)
        front_end->done(front_end->context, owner, id, &failed);
}

void scan_front_end_cancel(struct scan_front_end *front_end, void *owner, uint64_t id)
{
    struct pending *pending;

    LIST_FOREACH(pending, &front_end->all_pending, link)
    if (pending->request.owner == owner && pending->request.id == id)
        break;
    if (pending)
        take_back(pending, owner);
}

static struct pending *find_of(const struct scan_front_end *front_end, const void *owner)
{
    struct pending *pending;

    LIST_FOREACH(pending, &front_end->all_pending, link)
    if (pending->request.owner == owner)
        return pending;
    return NULL;
}

void scan_front_end_forget(struct scan_front_end *front_end, const void *owner)
{
    struct pending *pending;

    while ((pending = find_of(front_end, owner)))
        take_back(pending, NULL);
    scan_discards_forget(front_end->discards, owner);
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
    return front_end->count - front_end->queued + scan_queue_length(front_end->queue);
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
    front_end->discards = scan_discards_new(base, front_end->queue, &front_end->queued, done, context);
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
        take_back(LIST_FIRST(&f->all_pending), NULL);
    scan_discards_free(&f->discards);
    scan_queue_free(&f->queue);
    scan_objects_free(&f->objects);
    verdict_cache_free(&f->cache);
    verdict_table_free(&f->table);
    free(f);
    *front_end = NULL;
}
