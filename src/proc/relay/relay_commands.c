/* The table of the operations of core/protocol.h. The operations on a message are mostly in relay_message.c,
 * relay_scan.c, relay_store.c and relay_delivery.c. */

#include "proc/relay/relay_internal.h"

enum { FREE_BYTES_CACHED_MS = 1000 };

/* Discards bytes of the session in a tunnel, and for a client that expects TLS: the receiver would take them
 * for TLS. */
static void send_bytes(void *shell, enum leg to, struct span bytes)
{
    const struct relay_session *session = shell;

    if (!session->is_tunnel && (to == LEG_SERVER || !relay_tls_is_client_due(session)))
        conn_write(relay_leg(shell, to), bytes);
}

/* Returns the free space of the spool's file system, cached for FREE_BYTES_CACHED_MS. */
static uint64_t free_bytes(struct relay *relay)
{
    uint64_t now = relay_now_ms();

    if (!relay->free_read_ms || now - relay->free_read_ms >= FREE_BYTES_CACHED_MS) {
        relay->free_bytes = spool_free_bytes(relay->spool.directory);
        relay->free_read_ms = now;
    }
    return relay->free_bytes;
}

static bool has_space(void *shell, uint64_t octets)
{
    struct relay_session *session = shell;
    uint64_t min = session->relay->conf->spool.min_free_bytes;

    if (min == 0)
        return true;
    return free_bytes(session->relay) >= min + (octets > session->relay->spool.memory_max_bytes ? octets : 0);
}

static void deliver(struct held_message *message, enum protocol_source source, uint64_t octets)
{
    relay_message_withdraw(message);
    relay_delivery_begin(message, source, octets);
}

static bool start_tls(void *shell, enum leg leg)
{
    return relay_tls_start(shell, leg);
}

static void begin_tunnel(void *shell)
{
    struct relay_session *session = shell;

    session->is_tunnel = true;
    session_stats_count(session->relay->start->stats, session->protocol->id, SESSION_STATS_UNSCANNED);
    /* Drops bytes that the client has sent before the reply to STLS: they are not TLS. RFC 2595, section 4 */
    conn_drop_input(&session->client);
    relay_log_tunnel(session);
}

static void close_session(void *shell, enum err why)
{
    struct relay_session *session = shell;

    session->why = why;
    relay_tls_close(session, why);
    session->ending = RELAY_FLUSHING;
    session->timers.is_wait_new = true;
}

static enum session_stats_counter counter_of_fate(enum protocol_fate fate)
{
    switch (fate) {
    case PROTOCOL_DELIVERED: return SESSION_STATS_DELIVERED;
    case PROTOCOL_MARKED: return SESSION_STATS_MARKED;
    case PROTOCOL_REPLACED: return SESSION_STATS_REPLACED;
    case PROTOCOL_RELEASED: return SESSION_STATS_RELEASED;
    case PROTOCOL_REFUSED: break;
    }
    return SESSION_STATS_REFUSED;
}

static enum session_stats_counter counter_of_verdict(enum verdict_kind kind)
{
    switch (kind) {
    case VERDICT_CLEAN: return SESSION_STATS_CLEAN;
    case VERDICT_INFECTED: return SESSION_STATS_INFECTED;
    case VERDICT_UNSCANNABLE: return SESSION_STATS_UNSCANNABLE;
    case VERDICT_FAILED: break;
    }
    return SESSION_STATS_FAILED;
}

static void take_outcome(struct held_message *message, const struct protocol_outcome *outcome)
{
    struct relay_session *session = message->session;
    struct session_stats *stats = session->relay->start->stats;

    if (outcome->fate == PROTOCOL_REPLACED)
        session->replaced++;
    if (outcome->fate != PROTOCOL_REFUSED)
        session->octets += outcome->octets;
    session_stats_count(stats, session->protocol->id, counter_of_fate(outcome->fate));
    if (outcome->verdict)
        session_stats_count(stats, session->protocol->id,
                            counter_of_verdict((enum verdict_kind)outcome->verdict->kind));
    relay_log_message(message, outcome);
}

static void take_refused(void *shell, struct span verb, enum err why)
{
    relay_log_command(shell, verb, why);
}

static void take_entered(void *shell, const char *from, const char *to)
{
    struct relay_session *session = shell;

    session->timers.is_wait_new = true;
    relay_log_entered(session, from, to);
}

static void take_advanced(void *shell)
{
    struct relay_session *session = shell;

    session->timers.is_wait_new = true;
}

const struct protocol_ops relay_ops = {
    .has_space = has_space,
    .send = send_bytes,
    .begin = relay_message_begin,
    .write = relay_message_write,
    .cut = relay_message_cut,
    .drop = relay_message_drop,
    .scan = relay_message_scan,
    .store = relay_message_store,
    .deliver = deliver,
    .emit = relay_delivery_emit,
    .outcome = take_outcome,
    .forget = relay_message_forget,
    .start_tls = start_tls,
    .tunnel = begin_tunnel,
    .close = close_session,
    .refused = take_refused,
    .entered = take_entered,
    .advanced = take_advanced,
};
