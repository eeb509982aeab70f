/* Chooses the part that an engine is given next. Long scans must never hold up all others.
 *
 * What a part costs is unknown until it has been scanned. Some slots of an engine are therefore its reserve
 * (engine_capacity): long scans should not use them. If the engine can end a scan early (can_try), a part is
 * first tried with short limits, unless its client is known to be quick. A try may use the reserve. A part
 * that has reached the limit of every try waits for a slot outside the reserve. If the engine cannot end a
 * scan early, the reserve is for clients that are probably quick.
 *
 * A client that is alone is served without tries and outside the reserve, so nothing is scanned twice. */

#include "scan/scan_queue_internal.h"

static const uint64_t try_ms[] = {100, 500};

enum { TRIES_MAX = sizeof try_ms / sizeof *try_ms };

/* An engine, and what waits for it. */
struct situation {
    struct engine_capacity capacity;
    struct engine_load load;
    uint64_t deadline_ms, now_ms;
    bool is_alone; /* nothing of another client waits or is being scanned */
};

/* What decides between clients, the most important first. The lower value goes first. */
struct rank {
    unsigned tries, level, running;
    uint64_t served;
};

/* Returns the ticket's first part that waits for the engine, or NULL. */
static struct part *waiting_part(struct ticket *ticket, size_t engine)
{
    for (size_t i = 0; i < ticket->part_count; i++)
        if (ticket->parts[i].engine == engine && ticket->parts[i].state == PART_WAITING)
            return &ticket->parts[i];
    return NULL;
}

static bool uses(const struct ticket *ticket, size_t engine)
{
    for (size_t i = 0; i < ticket->part_count; i++)
        if (ticket->parts[i].engine == engine && ticket->parts[i].state != PART_DONE)
            return true;
    return false;
}

static bool is_used_by_one_client(const struct scan_queue *queue, size_t engine)
{
    const struct scan_client *client = NULL;
    const struct ticket *ticket;

    TAILQ_FOREACH(ticket, &queue->tickets, link)
    {
        if (!uses(ticket, engine))
            continue;
        if (client && ticket->client != client)
            return false;
        client = ticket->client;
    }
    return true;
}

/* Returns how many slots must stay free for others when a part of this client starts. The reserve stays free
 * if the client is slow or alone, or has a scan in progress. Otherwise a quick client may use every slot, and
 * a new one must leave one slot of the reserve. */
static unsigned slots_to_spare(const struct situation *situation, const struct scan_client *client)
{
    unsigned reserve = situation->capacity.reserve;

    if (situation->is_alone || scan_client_running(client) > 0)
        return reserve;
    switch (scan_client_pace(client, situation->now_ms)) {
    case SCAN_CLIENT_QUICK: return 0;
    case SCAN_CLIENT_NEW: return reserve ? 1 : 0;
    case SCAN_CLIENT_SLOW: break;
    }
    return reserve;
}

static bool may_take_long(const struct situation *situation, const struct part *part)
{
    if (situation->load.is_long + situation->capacity.reserve >= situation->capacity.slots)
        return false;
    return part->tries == TRIES_MAX || situation->is_alone ||
           scan_client_pace(part->ticket->client, situation->now_ms) == SCAN_CLIENT_QUICK;
}

static struct scan_choice scan_until(struct part *part, const struct situation *situation, uint64_t limit_ms)
{
    bool is_long = limit_ms >= situation->deadline_ms;

    return (struct scan_choice){part, is_long ? situation->deadline_ms : limit_ms, is_long};
}

/* Returns how the part may start now, if at all. */
static struct scan_choice offer(const struct situation *situation, struct part *part)
{
    const struct engine_capacity *capacity = &situation->capacity;

    if (!capacity->can_try)
        return situation->load.running + slots_to_spare(situation, part->ticket->client) < capacity->slots
                   ? scan_until(part, situation, situation->deadline_ms)
                   : (struct scan_choice){0};
    if (may_take_long(situation, part))
        return scan_until(part, situation, situation->deadline_ms);
    return situation->is_alone || part->tries == TRIES_MAX ? (struct scan_choice){0}
                                                           : scan_until(part, situation, try_ms[part->tries]);
}

static struct rank rank_of(const struct situation *situation, const struct part *part)
{
    const struct scan_client *client = part->ticket->client;

    return (struct rank){part->tries, scan_client_level(client, situation->now_ms),
                         scan_client_running(client), scan_client_served(client)};
}

static bool is_rank_before(const struct rank *a, const struct rank *b)
{
    if (a->tries != b->tries)
        return a->tries < b->tries;
    if (a->level != b->level)
        return a->level < b->level;
    return a->running != b->running ? a->running < b->running : a->served < b->served;
}

/* Both parts are of one client, and a is older. Does a go first? */
static bool is_older_before(const struct part *a, const struct part *b)
{
    if (a->tries != b->tries)
        return a->tries < b->tries;
    return a->passed_over >= SCAN_QUEUE_PATIENCE || a->job.size <= b->job.size;
}

/* `best` is older. Does the other part go before it? */
static bool is_before(const struct situation *situation, const struct part *part, const struct part *best)
{
    struct rank a, b;

    if (part->ticket->client == best->ticket->client)
        return !is_older_before(best, part);
    a = rank_of(situation, part);
    b = rank_of(situation, best);
    return is_rank_before(&a, &b);
}

struct scan_choice scan_choice_make(struct scan_queue *queue, size_t engine, uint64_t now_ms)
{
    struct situation situation = {engine_capacity(queue->engines[engine]), queue->loads[engine],
                                  queue->deadline_ms, now_ms, is_used_by_one_client(queue, engine)};
    struct scan_choice best = {0};
    struct ticket *ticket;

    TAILQ_FOREACH(ticket, &queue->tickets, link)
    {
        struct part *part = waiting_part(ticket, engine);
        struct scan_choice choice = part ? offer(&situation, part) : (struct scan_choice){0};

        if (choice.part && (!best.part || is_before(&situation, part, best.part)))
            best = choice;
    }
    return best;
}

void scan_choice_taken(struct scan_queue *queue, const struct part *chosen)
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
