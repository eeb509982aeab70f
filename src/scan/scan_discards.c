#include "scan/scan_discards.h"

#include "base/buf.h"

#include <stdlib.h>
#include <sys/queue.h>

struct discard {
    TAILQ_ENTRY(discard) link;
    void *owner; /* NULL: forgotten */
    uint64_t id;
    struct scan_objects_job *objects;
};

struct scan_discards {
    const struct scan_queue *queue;
    const size_t *queued;
    scan_queue_done *ended;
    void *context;
    TAILQ_HEAD(, discard) all; /* oldest first */
    size_t count;
    struct event *tick;
};

static struct discard take_oldest(struct scan_discards *discards)
{
    struct discard *oldest = TAILQ_FIRST(&discards->all);
    struct discard taken = *oldest;

    TAILQ_REMOVE(&discards->all, oldest, link);
    discards->count--;
    free(oldest);
    return taken;
}

static void end_oldest(struct scan_discards *discards)
{
    static const struct verdict failed = {.kind = VERDICT_FAILED};
    struct discard discard = take_oldest(discards);

    scan_objects_end(&discard.objects);
    if (discard.owner)
        discards->ended(discards->context, discard.owner, discard.id, &failed);
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
    struct scan_discards *discards = context;

    while (discards->count > scan_queue_length(discards->queue) - *discards->queued)
        end_oldest(discards);
    if (discards->count == 0)
        event_del(discards->tick);
}

struct scan_discards *scan_discards_new(struct event_base *base, const struct scan_queue *queue,
                                        const size_t *queued, scan_queue_done *ended, void *context)
{
    struct scan_discards *discards = mem_alloc_zero(sizeof *discards);

    discards->queue = queue;
    discards->queued = queued;
    discards->ended = ended;
    discards->context = context;
    TAILQ_INIT(&discards->all);
    discards->tick = event_new(base, -1, EV_PERSIST, on_tick, discards);
    return discards;
}

void scan_discards_free(struct scan_discards **owned)
{
    struct scan_discards *discards = *owned;

    *owned = NULL;
    if (!discards)
        return;
    while (discards->count) {
        struct discard discard = take_oldest(discards);

        scan_objects_end(&discard.objects);
    }
    event_free(discards->tick);
    free(discards);
}

void scan_discards_add(struct scan_discards *discards, void *owner, uint64_t id,
                       struct scan_objects_job **objects)
{
    struct discard *discard = mem_alloc_zero(sizeof *discard);

    *discard = (struct discard){.owner = owner, .id = id, .objects = *objects};
    *objects = NULL;
    TAILQ_INSERT_TAIL(&discards->all, discard, link);
    if (discards->count++ == 0)
        event_add(discards->tick, &(struct timeval){0, SCAN_DISCARDS_MS * 1000});
}

void scan_discards_forget(struct scan_discards *discards, const void *owner)
{
    struct discard *discard;

    TAILQ_FOREACH(discard, &discards->all, link)
    if (discard->owner == owner)
        discard->owner = NULL;
}
