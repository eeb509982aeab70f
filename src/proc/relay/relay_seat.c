/* The place of a session in the limits of proc/ipc/session_stats. A session that has ended keeps its place
 * until its requests are answered, because other processes still hold its messages. */

#include "proc/relay/relay_internal.h"

#include <stdlib.h>

struct relay_seat {
    struct relay *relay;
    enum protocol_id protocol;
    union inet_address client;
    unsigned users;
};

struct relay_seat *relay_seat_take(struct relay *relay, enum protocol_id protocol,
                                   const union inet_address *client, enum err *why)
{
    const struct conf_listener *listener = conf_listener_of(relay->conf, protocol);
    struct relay_seat *seat;

    *why = session_stats_enter(relay->start->stats, relay->start->index, protocol, &client->any,
                               listener->max_sessions, listener->max_sessions_per_client);
    if (*why != ERR_NONE)
        return NULL;
    seat = mem_alloc_zero(sizeof *seat);
    *seat = (struct relay_seat){.relay = relay, .protocol = protocol, .client = *client, .users = 1};
    return seat;
}

struct relay_seat *relay_seat_share(struct relay_seat *seat)
{
    seat->users++;
    return seat;
}

void relay_seat_leave(struct relay_seat **owned)
{
    struct relay_seat *seat = *owned;

    *owned = NULL;
    if (!seat || --seat->users)
        return;
    session_stats_leave(seat->relay->start->stats, seat->relay->start->index, seat->protocol,
                        &seat->client.any);
    free(seat);
}
