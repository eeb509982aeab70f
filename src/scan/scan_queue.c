#include "scan/scan_queue_internal.h"

#include "base/buf.h"
#include "base/log.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { TICK_DIVISOR = 4, TICK_MAX_MS = 1000 };

static const struct verdict failed = {.kind = VERDICT_FAILED};

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void scan_request_close(const struct scan_request *request)
{
    for (size_t i = 0; i < request->count; i++)
        close(request->objects[i].fd);
}

static void free_ticket(struct ticket *ticket)
{
    struct scan_queue *queue = ticket->queue;

    TAILQ_REMOVE(&queue->tickets, ticket, link);
    scan_clients_leave(queue->clients, ticket->client);
    scan_request_close(&ticket->request);
    free(ticket);
}

static void stop_running(struct part *part, const struct verdict *verdict)
{
    struct engine_load *load = &part->ticket->queue->loads[part->engine];

    if (part->state != PART_RUNNING)
        return;
    load->running--;
    load->is_long -= part->is_long;
    scan_client_end(part->ticket->client, part->began_ms, now_ms(), !verdict_is_late(verdict));
}

static void end_part(struct part *part, const struct verdict *verdict)
{
    struct ticket *ticket = part->ticket;

    stop_running(part, verdict);
    part->state = PART_DONE;
    if (!ticket->is_judged || verdict_rank(verdict) > verdict_rank(&ticket->worst)) {
        ticket->worst = *verdict;
        if (part->object->kind != SCAN_OBJECT_MESSAGE)
            log_text(EVENT_object, "%s: %s", part->object->label,
                     verdict_kind_name((enum verdict_kind)verdict->kind));
    }
    ticket->is_judged = true;
    if (--ticket->parts_open)
        return;
    ticket->queue->done(ticket->queue->context, ticket->request.owner, ticket->request.id,
                        ticket->is_withdrawn ? &failed : &ticket->worst);
    free_ticket(ticket);
}

static void wake_dispatch(struct scan_queue *queue)
{
    event_active(queue->dispatch, EV_TIMEOUT, 1);
}

static void on_done(struct engine_job *job, const struct verdict *verdict)
{
    struct part *part = (struct part *)job;
    struct scan_queue *queue = part->ticket->queue;

    if (job->is_try && verdict_is_late(verdict) && !part->ticket->is_withdrawn) {
        stop_running(part, verdict);
        part->state = PART_WAITING;
        part->tries++;
    } else {
        end_part(part, verdict);
    }
    wake_dispatch(queue);
}

static bool start_one(struct scan_queue *queue, size_t engine)
{
    uint64_t now = now_ms();
    struct scan_choice choice = scan_choice_make(queue, engine, now);
    struct part *part = choice.part;

    if (!part)
        return false;
    part->job.deadline_ms = choice.limit_ms;
    part->job.is_try = !choice.is_long;
    if (!queue->engines[engine]->class->start(queue->engines[engine], &part->job))
        return false;
    part->state = PART_RUNNING;
    part->is_long = choice.is_long;
    part->began_ms = now;
    queue->loads[engine].running++;
    queue->loads[engine].is_long += choice.is_long;
    scan_client_begin(part->ticket->client, now, ++queue->turn);
    scan_choice_taken(queue, part);
    return true;
}

static void on_dispatch(evutil_socket_t fd, short what, void *context)
{
    struct scan_queue *queue = context;

    for (size_t i = 0; i < queue->engine_count; i++)
        while (start_one(queue, i))
            ;
}

static void on_slot_free(void *context)
{
    wake_dispatch(context);
}

static bool is_overdue(const struct scan_queue *queue, struct part *part, uint64_t now)
{
    const struct engine *engine = queue->engines[part->engine];

    if (part->state != PART_WAITING || engine->class->is_ready(engine)) {
        part->unready_since_ms = 0;
        return false;
    }
    if (!part->unready_since_ms)
        part->unready_since_ms = now;
    return now - part->unready_since_ms >= queue->deadline_ms;
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
    struct scan_queue *queue = context;
    struct ticket *ticket, *next;
    uint64_t now = now_ms();

    for (ticket = TAILQ_FIRST(&queue->tickets); ticket; ticket = next) {
        size_t left = ticket->parts_open; /* a copy, because the end of the last part frees the ticket */

        next = TAILQ_NEXT(ticket, link);
        for (size_t i = 0; left && i < ticket->part_count; i++)
            if (is_overdue(queue, &ticket->parts[i], now)) {
                left--;
                end_part(&ticket->parts[i], &failed);
            }
    }
}

struct scan_queue *scan_queue_new(struct event_base *base, struct engine *const *engines, size_t engine_count,
                                  uint64_t deadline_ms, scan_queue_done *done, void *context)
{
    struct scan_queue *queue = mem_alloc_zero(sizeof *queue);
    uint64_t tick_ms =
        deadline_ms / TICK_DIVISOR < TICK_MAX_MS ? deadline_ms / TICK_DIVISOR + 1 : TICK_MAX_MS;
    struct timeval tick = {(time_t)(tick_ms / 1000), (suseconds_t)(tick_ms % 1000 * 1000)};

    queue->engines = engines;
    queue->engine_count = engine_count;
    queue->deadline_ms = deadline_ms;
    queue->done = done;
    queue->context = context;
    TAILQ_INIT(&queue->tickets);
    queue->clients = scan_clients_new();
    queue->dispatch = event_new(base, -1, 0, on_dispatch, queue);
    queue->tick = event_new(base, -1, EV_PERSIST, on_tick, queue);
    event_add(queue->tick, &tick);
    for (size_t i = 0; i < engine_count; i++) {
        engines[i]->slot_free = on_slot_free;
        engines[i]->context = queue;
    }
    return queue;
}

void scan_queue_free(struct scan_queue **queue)
{
    struct scan_queue *q = *queue;

    if (!q)
        return;
    while (!TAILQ_EMPTY(&q->tickets))
        free_ticket(TAILQ_FIRST(&q->tickets));
    event_free(q->dispatch);
    event_free(q->tick);
    scan_clients_free(&q->clients);
    free(q);
    *queue = NULL;
}

void scan_queue_add(struct scan_queue *queue, const struct scan_request *request)
{
    size_t count = queue->engine_count * request->count;
    struct ticket *ticket = mem_alloc_zero(sizeof *ticket + count * sizeof ticket->parts[0]);

    ticket->queue = queue;
    ticket->request = *request;
    ticket->client = scan_clients_enter(queue->clients, request->client);
    ticket->parts_open = ticket->part_count = count;
    for (size_t i = 0; i < count; i++) {
        const struct scan_object *object = &ticket->request.objects[i / queue->engine_count];

        ticket->parts[i] = (struct part){
            .job = {.fd = object->fd, .size = object->size, .kind = request->kind, .done = on_done},
            .ticket = ticket,
            .engine = i % queue->engine_count,
            .object = object};
    }
    TAILQ_INSERT_TAIL(&queue->tickets, ticket, link);
    wake_dispatch(queue);
}

static struct ticket *find_ticket(const struct scan_queue *queue, const void *owner)
{
    struct ticket *ticket;

    TAILQ_FOREACH(ticket, &queue->tickets, link)
    if (ticket->request.owner == owner)
        return ticket;
    return NULL;
}

static bool has_begun(const struct part *part)
{
    return part->state != PART_WAITING || part->tries > 0;
}

bool scan_queue_has_begun(const struct scan_queue *queue, const void *owner)
{
    const struct ticket *ticket = find_ticket(queue, owner);

    for (size_t i = 0; ticket && i < ticket->part_count; i++)
        if (has_begun(&ticket->parts[i]))
            return true;
    return false;
}

/* Drops the waiting parts and stops those in progress. Returns whether any part is in progress. */
static bool stop_parts(struct ticket *ticket)
{
    bool is_running = false;

    for (size_t i = 0; i < ticket->part_count; i++) {
        struct part *part = &ticket->parts[i];

        if (part->state == PART_RUNNING) {
            is_running = true;
            engine_stop(ticket->queue->engines[part->engine], &part->job);
        } else if (part->state == PART_WAITING) {
            part->state = PART_DONE;
            ticket->parts_open--;
        }
    }
    return is_running;
}

bool scan_queue_withdraw(struct scan_queue *queue, const void *owner)
{
    struct ticket *ticket = find_ticket(queue, owner);

    if (!ticket)
        return false;
    ticket->is_withdrawn = true;
    if (stop_parts(ticket))
        return true;
    free_ticket(ticket);
    return false;
}
