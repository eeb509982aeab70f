#include "scan/scan_followers.h"

#include "base/buf.h"
#include "base/log.h"
#include "scan/partial_check.h"
#include "scan/partial_checks.h"

#include <stdlib.h>

static const struct verdict failed = {.kind = VERDICT_FAILED};

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

static void add_objects_and_queue(struct pending *pending);

static void scan_for_followers(struct pending *leader, bool has_failed)
{
    struct pending *next = scan_followers_pass_on(leader);

    if (!next)
        return;
    next->is_second_try = has_failed;
    add_objects_and_queue(next);
}

/* Answers a cancelled request; frees a forgotten one. */
static void end_unwanted(struct pending *pending)
{
    if (pending->request.owner)
        answer(pending, &failed);
    else
        free_pending(pending);
}

/* Caches the final verdict and answers the request and its followers. After a failure, the message is scanned
 * once more for the followers, because a failure says little about the message. */
static void finish(struct pending *pending, const struct verdict *verdict)
{
    struct pending *follower;

    if (pending->is_hashed)
        known_verdicts_put(pending->front_end->known, &pending->message, verdict);
    if (verdict->kind == VERDICT_FAILED && !pending->is_second_try)
        scan_for_followers(pending, true);
    else
        while ((follower = scan_followers_take(pending)))
            answer_known(follower, verdict);
    if (pending->is_taken_back)
        end_unwanted(pending);
    else
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

static void apply_objects(struct verdict *verdict, enum scan_objects_result made)
{
    switch (made) {
    case SCAN_OBJECTS_TOO_LARGE:
        verdict_raise(verdict, UNSCANNABLE_LIMITS, SPAN("readings-too-large"));
        break;
    case SCAN_OBJECTS_EXTERNAL: verdict_raise(verdict, UNSCANNABLE_PARTIAL, SPAN("external-body")); break;
    case SCAN_OBJECTS_DAMAGED: verdict_raise(verdict, UNSCANNABLE_MALFORMED, SPAN("damaged-tnef")); break;
    case SCAN_OBJECTS_ENCRYPTED: verdict_raise(verdict, UNSCANNABLE_ENCRYPTED, SPAN("encrypted-part")); break;
    case SCAN_OBJECTS_AMBIGUOUS: verdict_raise(verdict, UNSCANNABLE_AMBIGUOUS, SPAN("hidden-part")); break;
    case SCAN_OBJECTS_MADE:
    case SCAN_OBJECTS_FAILED: break;
    }
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

    if (pending->state == STATE_WITHDRAWN) {
        end_unwanted(pending);
        return;
    }
    pending->state = STATE_CHECKING;
    pending->verdict = *verdict;
    apply_objects(&pending->verdict, pending->made);
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
    else if (!scan_followers_join(pending))
        add_objects_and_queue(pending);
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
    case STATE_FOLLOWING: break;
    case STATE_MAKING: scan_objects_end(&pending->objects); break;
    case STATE_QUEUED: return scan_queue_withdraw(pending->front_end->queue, pending);
    case STATE_CHECKING: partial_checks_cancel(&pending->checks); return false;
    case STATE_WITHDRAWN: return true;
    }
    scan_request_close(&pending->request);
    return false;
}

/* Do other requests wait for work that has already begun? */
static bool is_of_use(const struct pending *pending)
{
    return pending->followers > 0 &&
           (pending->state == STATE_CHECKING ||
            (pending->state == STATE_QUEUED && scan_queue_has_begun(pending->front_end->queue, pending)));
}

static void end_or_withdraw(struct pending *pending)
{
    if (is_of_use(pending))
        return;
    if (stop(pending))
        pending->state = STATE_WITHDRAWN;
    scan_for_followers(pending, false);
    pending->is_hashed = false; /* it must not become a leader again */
    if (pending->state != STATE_WITHDRAWN)
        end_unwanted(pending);
}

/* Cancels the request. owner: for the call of `done` when the work on the request has ended; NULL: `done` is
 * not called. */
static void take_back(struct pending *pending, void *owner)
{
    struct pending *leader = scan_followers_leave(pending);

    pending->request.owner = owner;
    pending->is_taken_back = true;
    end_or_withdraw(pending);
    if (leader && leader->is_taken_back)
        end_or_withdraw(leader);
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
    struct pending *pending;

    if (!f)
        return;
    while ((pending = LIST_FIRST(&f->all_pending))) {
        if (pending->state != STATE_QUEUED)
            stop(pending);
        free_pending(pending);
    }
    scan_queue_free(&f->queue);
    scan_objects_free(&f->objects);
    known_verdicts_free(&f->known);
    free(f);
    *front_end = NULL;
}
