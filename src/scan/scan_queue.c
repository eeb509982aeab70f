#include "scan/scan_queue.h"

#include "base/buf.h"
#include "base/log.h"

#include <stdlib.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

enum { TICK_DIVISOR = 4, TICK_MAX_MS = 1000 };

enum part_state { PART_WAITING, PART_RUNNING, PART_DONE };

/* One object for one engine. */
struct part {
    struct engine_job job; /* first member: done casts its pointer to the part */
    struct ticket *ticket;
    size_t engine;
    const struct scan_object *object;
    enum part_state state;
    uint64_t unready_since_ms; /* since when the part waits for an unavailable engine; 0: it does not */
    unsigned passed_over;
};

struct client {
    LIST_ENTRY(client) link;
    uint8_t address[16];
    size_t tickets;
    unsigned running[SCAN_QUEUE_ENGINES_MAX];
    uint64_t served[SCAN_QUEUE_ENGINES_MAX]; /* scan_queue.turn when the engine last served the client */
};

/* One request. */
struct ticket {
    TAILQ_ENTRY(ticket) link;
    struct scan_queue *queue;
    struct client *client;
    struct scan_request request; /* owner NULL: forgotten */
    struct verdict worst;
    bool is_judged; /* `worst` is valid */
    size_t parts_open, part_count;
    struct part parts[];
};

struct scan_queue {
    struct engine *const *engines;
    size_t engine_count;
    uint64_t deadline_ms;
    scan_queue_done *done;
    void *context;
    TAILQ_HEAD(, ticket) tickets; /* oldest first */
    LIST_HEAD(, client) clients;
    size_t length;
    uint64_t turn;
    struct event *tick, *dispatch;
};

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static struct client *enter_client(struct scan_queue *queue, const uint8_t *address)
{
    struct client *client;

    LIST_FOREACH(client, &queue->clients, link)
    if (memcmp(client->address, address, sizeof client->address) == 0)
        break;
    if (!client) {
        client = mem_alloc_zero(sizeof *client);
        memcpy(client->address, address, sizeof client->address);
        LIST_INSERT_HEAD(&queue->clients, client, link);
    }
    client->tickets++;
    return client;
}

static void leave_client(struct client *client)
{
    if (--client->tickets)
        return;
    LIST_REMOVE(client, link);
    free(client);
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
    queue->length--;
    leave_client(ticket->client);
    scan_request_close(&ticket->request);
    free(ticket);
}

static void end_part(struct part *part, const struct verdict *verdict)
{
    struct ticket *ticket = part->ticket;

    if (part->state == PART_RUNNING)
        ticket->client->running[part->engine]--;
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
    if (ticket->request.owner)
        ticket->queue->done(ticket->queue->context, ticket->request.owner, ticket->request.id,
                            &ticket->worst);
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

    end_part(part, verdict);
    wake_dispatch(queue);
}

static bool is_client_before(const struct client *a, const struct client *b, size_t engine)
{
    if (a->running[engine] != b->running[engine])
        return a->running[engine] < b->running[engine];
    return a->served[engine] < b->served[engine];
}

/* For two parts of one client, of which a is older. */
static bool is_part_before(const struct part *a, const struct part *b)
{
    return a->passed_over >= SCAN_QUEUE_PATIENCE || a->job.size <= b->job.size;
}

/* Returns the ticket's first part that waits for the engine, or NULL. */
static struct part *waiting_part(struct ticket *ticket, size_t engine)
{
    for (size_t i = 0; i < ticket->part_count; i++)
        if (ticket->parts[i].engine == engine && ticket->parts[i].state == PART_WAITING)
            return &ticket->parts[i];
    return NULL;
}

static struct part *choose(struct scan_queue *queue, size_t engine)
{
    struct part *best = NULL;
    struct ticket *ticket;

    TAILQ_FOREACH(ticket, &queue->tickets, link)
    {
        struct part *part = waiting_part(ticket, engine);

        if (!part)
            continue;
        if (!best || (ticket->client == best->ticket->client
                          ? !is_part_before(best, part)
                          : is_client_before(ticket->client, best->ticket->client, engine)))
            best = part;
    }
    return best;
}

/* Counts for the older waiting parts of the same client that they were passed over. */
static void note_passed_over(struct scan_queue *queue, const struct part *chosen)
{
    struct ticket *ticket;

    TAILQ_FOREACH(ticket, &queue->tickets, link)
    {
        struct part *part;

        if (ticket == chosen->ticket)
            return;
        part = ticket->client == chosen->ticket->client ? waiting_part(ticket, chosen->engine) : NULL;
        if (part)
            part->passed_over++;
    }
}

static bool start_one(struct scan_queue *queue, size_t engine)
{
    struct part *part = choose(queue, engine);
    struct client *client;

    if (!part || !queue->engines[engine]->class->start(queue->engines[engine], &part->job))
        return false;
    client = part->ticket->client;
    part->state = PART_RUNNING;
    client->running[engine]++;
    client->served[engine] = ++queue->turn;
    note_passed_over(queue, part);
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
    struct verdict failed = {0};
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
    LIST_INIT(&queue->clients);
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
    free(q);
    *queue = NULL;
}

void scan_queue_add(struct scan_queue *queue, const struct scan_request *request)
{
    size_t count = queue->engine_count * request->count;
    struct ticket *ticket = mem_alloc_zero(sizeof *ticket + count * sizeof ticket->parts[0]);

    ticket->queue = queue;
    ticket->request = *request;
    ticket->client = enter_client(queue, request->client);
    ticket->parts_open = ticket->part_count = count;
    for (size_t i = 0; i < count; i++) {
        const struct scan_object *object = &ticket->request.objects[i / queue->engine_count];

        ticket->parts[i] = (struct part){.job = {.fd = object->fd,
                                                 .size = object->size,
                                                 .kind = request->kind,
                                                 .deadline_ms = queue->deadline_ms,
                                                 .done = on_done},
                                         .ticket = ticket,
                                         .engine = i % queue->engine_count,
                                         .object = object};
    }
    TAILQ_INSERT_TAIL(&queue->tickets, ticket, link);
    queue->length++;
    wake_dispatch(queue);
}

/* Drops the waiting parts. Returns whether an engine is still scanning another part. */
static bool drop_waiting(struct ticket *ticket)
{
    bool is_running = false;

    for (size_t i = 0; i < ticket->part_count; i++) {
        struct part *part = &ticket->parts[i];

        is_running = is_running || part->state == PART_RUNNING;
        if (part->state == PART_WAITING) {
            part->state = PART_DONE;
            ticket->parts_open--;
        }
    }
    return is_running;
}

void scan_queue_forget(struct scan_queue *queue, const void *owner)
{
    struct ticket *ticket, *next;

    for (ticket = TAILQ_FIRST(&queue->tickets); ticket; ticket = next) {
        next = TAILQ_NEXT(ticket, link);
        if (ticket->request.owner != owner)
            continue;
        ticket->request.owner = NULL;
        if (!drop_waiting(ticket))
            free_ticket(ticket);
    }
}

size_t scan_queue_length(const struct scan_queue *queue)
{
    return queue->length;
}
