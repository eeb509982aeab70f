#include "scan/scan_front_end.h"

#include "base/buf.h"
#include "base/log.h"
#include "sys/message_hash.h"
#include "scan/known_verdicts.h"
#include "scan/partial_check.h"
#include "scan/partial_checks.h"
#include "scan/scan_objects.h"

#include <stdlib.h>
#include <sys/queue.h>

static const struct verdict failed = {.kind = VERDICT_FAILED};

enum state {
    STATE_HASHING,
    STATE_FOLLOWING, /* waits for the verdict on a request with equal content, its leader */
    STATE_MAKING,    /* further objects are being made */
    STATE_QUEUED,
    STATE_CHECKING,  /* the queue has closed the objects */
    STATE_WITHDRAWN, /* taken back, but an engine is still scanning an object */
};

/* One request until it is answered. */
struct pending {
    LIST_ENTRY(pending) link;
    struct scan_front_end *front_end;
    struct scan_request request; /* owner NULL: no answer is wanted */
    enum state state;
    struct message_hash *hash; /* in STATE_HASHING */
    struct scan_objects_job *objects;
    enum scan_objects_result made;
    struct pending *leader; /* in STATE_FOLLOWING */
    size_t followers;       /* requests whose leader this is */
    bool is_second_try;     /* the scan for its leader has failed */
    bool is_hashed;
    struct known_message message;  /* valid if is_hashed */
    struct verdict verdict;        /* the combined verdict of the engines */
    struct partial_checks *checks; /* in STATE_CHECKING */
};

struct scan_front_end {
    struct event_base *base;
    struct scan_queue *queue;
    struct known_verdicts *known; /* or NULL */
    scan_queue_done *done;
    void *context;
    struct scan_objects *objects; /* or NULL */
    bool checks_partial;
    LIST_HEAD(, pending) all_pending;
    size_t count; /* of all_pending */
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

static void answer_known(struct pending *pending, const struct verdict *verdict)
{
    log_text(EVENT_verdict_known, "%s", verdict_kind_name((enum verdict_kind)verdict->kind));
    scan_request_close(&pending->request);
    answer(pending, verdict);
}

/* Takes one follower, the newest, from its leader. Returns NULL if there is none. */
static struct pending *take_follower(struct pending *leader)
{
    struct pending *follower;

    if (leader->followers == 0)
        return NULL;
    LIST_FOREACH(follower, &leader->front_end->all_pending, link)
    if (follower->leader == leader)
        break;
    leader->followers--;
    follower->leader = NULL;
    return follower;
}

static void add_objects_and_queue(struct pending *pending);

/* A follower becomes the leader of the others, and its message is scanned. */
static void replace_leader(struct pending *leader, bool has_failed)
{
    struct pending *next = take_follower(leader), *other;

    if (!next)
        return;
    LIST_FOREACH(other, &leader->front_end->all_pending, link)
    if (other->leader == leader)
        other->leader = next;
    next->followers = leader->followers;
    leader->followers = 0;
    next->is_second_try = has_failed;
    add_objects_and_queue(next);
}

/* Caches the final verdict and answers the request and its followers. A failure says little about the
 * message, so it is scanned once more for the followers. */
static void finish(struct pending *pending, const struct verdict *verdict)
{
    struct pending *follower;

    if (pending->is_hashed)
        known_verdicts_put(pending->front_end->known, &pending->message, verdict);
    if (verdict->kind == VERDICT_FAILED && !pending->is_second_try)
        replace_leader(pending, true);
    else
        while ((follower = take_follower(pending)))
            answer_known(follower, verdict);
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

static void end_withdrawn(struct pending *pending)
{
    if (pending->request.owner)
        answer(pending, &failed);
    else
        free_pending(pending);
}

/* The queue closes the request's descriptors after this call. */
static void on_queue_done(void *context, void *owner, uint64_t id, const struct verdict *verdict)
{
    struct pending *pending = owner;

    if (pending->state == STATE_WITHDRAWN) {
        end_withdrawn(pending);
        return;
    }
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

static bool is_equal(const struct pending *a, const struct pending *b)
{
    return a->is_hashed && b->is_hashed && a->message.kind == b->message.kind &&
           a->message.epoch == b->message.epoch &&
           memcmp(&a->message.digest, &b->message.digest, sizeof a->message.digest) == 0;
}

/* Returns an earlier request with equal content that is being scanned, or NULL. */
static struct pending *find_leader(const struct pending *pending)
{
    struct pending *other;

    LIST_FOREACH(other, &pending->front_end->all_pending, link)
    if (other != pending && other->state != STATE_FOLLOWING && is_equal(other, pending))
        return other;
    return NULL;
}

static void follow_or_begin(struct pending *pending)
{
    pending->leader = find_leader(pending);
    if (!pending->leader) {
        add_objects_and_queue(pending);
        return;
    }
    pending->state = STATE_FOLLOWING;
    pending->leader->followers++;
}

static void on_hashed(void *context, const struct digest *digest)
{
    struct pending *pending = context;
    const struct scan_object *object = &pending->request.objects[0];
    struct verdict verdict;

    pending->hash = NULL;
    pending->is_hashed = digest != NULL;
    if (digest)
        known_message_set(&pending->message, digest, object->fd, object->size);
    if (digest && known_verdicts_get(pending->front_end->known, &pending->message, &verdict))
        answer_known(pending, &verdict);
    else
        follow_or_begin(pending);
}

void scan_front_end_add(struct scan_front_end *front_end, const struct scan_request *request)
{
    struct pending *pending = mem_alloc_zero(sizeof *pending);

    pending->front_end = front_end;
    pending->request = *request;
    LIST_INSERT_HEAD(&front_end->all_pending, pending, link);
    front_end->count++;
    if (!front_end->known) {
        add_objects_and_queue(pending);
        return;
    }
    pending->message.kind = request->kind;
    pending->message.epoch = known_verdicts_epoch(front_end->known);
    pending->hash = message_hash_start(front_end->base, request->objects[0].fd, request->objects[0].size,
                                       on_hashed, pending);
}

/* Ends the work on the request. Returns whether an engine is still scanning an object of it. */
static bool stop(struct pending *pending)
{
    switch (pending->state) {
    case STATE_HASHING: message_hash_cancel(&pending->hash); break;
    case STATE_FOLLOWING: pending->leader->followers--; break;
    case STATE_MAKING: scan_objects_end(&pending->objects); break;
    case STATE_QUEUED: return scan_queue_withdraw(pending->front_end->queue, pending);
    case STATE_CHECKING: partial_checks_cancel(&pending->checks); return false;
    case STATE_WITHDRAWN: return true;
    }
    scan_request_close(&pending->request);
    return false;
}

/* owner: is told when scan holds nothing of the request any more; NULL: need not be told. */
static void take_back(struct pending *pending, void *owner)
{
    pending->request.owner = owner;
    if (stop(pending))
        pending->state = STATE_WITHDRAWN;
    replace_leader(pending, false);
    pending->is_hashed = false; /* it can be a leader no more */
    if (pending->state != STATE_WITHDRAWN)
        end_withdrawn(pending);
}

/* id NULL: any. */
static struct pending *find(const struct scan_front_end *front_end, const void *owner, const uint64_t *id)
{
    struct pending *pending;

    LIST_FOREACH(pending, &front_end->all_pending, link)
    if (pending->request.owner == owner && (!id || pending->request.id == *id))
        return pending;
    return NULL;
}

void scan_front_end_cancel(struct scan_front_end *front_end, void *owner, uint64_t id)
{
    struct pending *pending = find(front_end, owner, &id);

    if (pending)
        take_back(pending, owner);
}

void scan_front_end_forget(struct scan_front_end *front_end, const void *owner)
{
    struct pending *pending;

    while ((pending = find(front_end, owner, NULL)))
        take_back(pending, NULL);
}

void scan_front_end_forget_verdicts(struct scan_front_end *front_end)
{
    if (front_end->known)
        known_verdicts_clear(front_end->known);
}

int scan_front_end_table(const struct scan_front_end *front_end, uint32_t *entries)
{
    *entries = 0;
    return front_end->known ? known_verdicts_table(front_end->known, entries) : -1;
}

size_t scan_front_end_length(const struct scan_front_end *front_end)
{
    return front_end->count;
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
        front_end->known = known_verdicts_new(settings->cache_entries);
    return front_end;
}

void scan_front_end_free(struct scan_front_end **front_end)
{
    struct scan_front_end *f = *front_end;
    struct pending *pending, *next;

    if (!f)
        return;
    for (pending = LIST_FIRST(&f->all_pending); pending; pending = next) {
        next = LIST_NEXT(pending, link);
        take_back(pending, NULL);
    }
    scan_queue_free(&f->queue);
    while (!LIST_EMPTY(&f->all_pending)) /* engines were scanning these */
        free_pending(LIST_FIRST(&f->all_pending));
    scan_objects_free(&f->objects);
    known_verdicts_free(&f->known);
    free(f);
    *front_end = NULL;
}
