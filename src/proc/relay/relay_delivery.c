/* Delivers a held message, or its notice, piece by piece. Each piece passes through the protocol to the
 * leg. */

#include "proc/relay/relay_internal.h"

#include "net/conn_tls.h"

enum {
    DELIVER_CHUNK_BYTES = 1 << 20,
    DELIVER_BURST = 4, /* chunks per iteration of the event loop */
    WAITING_MAX_BYTES = 4096,
    SLOW_CHUNK_BYTES = 8192, /* limit for a piece, if the leg did not take the previous one at once */
};

static struct conn *leg_of(const struct held_message *message)
{
    return relay_leg(message->session, relay_message_to(message));
}

void relay_delivery_begin(struct held_message *message, enum protocol_source source, uint64_t octets)
{
    message->session->delivery =
        (struct relay_delivery){.message = message, .source = source, .octets = octets};
}

void relay_delivery_emit(struct held_message *message, struct span bytes)
{
    conn_write_borrowed(leg_of(message), bytes);
}

void relay_delivery_end(struct held_message *message)
{
    conn_keep(leg_of(message));
    if (message->session->delivery.message != message)
        return;
    if (!message->session->delivery.is_emitted)
        conn_tls_cut(leg_of(message));
    message->session->delivery.message = NULL;
}

/* Sets *piece to the next piece of the content. Returns false if it cannot be read. */
static bool view_content(struct relay_delivery *delivery, struct span *piece)
{
    uint64_t left = delivery->octets - delivery->offset;
    size_t chunk = delivery->is_slow ? SLOW_CHUNK_BYTES : DELIVER_CHUNK_BYTES;
    bool good = true;

    if (delivery->source == PROTOCOL_NOTICE)
        *piece = span_from(buf_span(&delivery->message->notice), (size_t)delivery->offset);
    else
        good = spool_view(&delivery->message->spool, delivery->offset, piece);
    *piece = span_first(*piece, left < chunk ? (size_t)left : chunk);
    return good && (piece->n > 0 || left == 0);
}

/* Does a piece stay valid until relay_message_forget? If not, it is valid until the next piece is read. */
static bool is_piece_lasting(const struct relay_delivery *delivery)
{
    return delivery->source == PROTOCOL_NOTICE || spool_is_in_memory(&delivery->message->spool);
}

/* How many bytes may wait for the leg before the next piece is read? If a piece that does not last cannot be
 * sent at once, it is copied, and the copy is not counted as held. So in this case few bytes may wait. */
static size_t waiting_max(const struct relay_delivery *delivery)
{
    return is_piece_lasting(delivery) ? RELAY_WAITING_MAX_BYTES : WAITING_MAX_BYTES;
}

static void emit_piece(struct relay_session *session, struct span piece)
{
    struct relay_delivery *delivery = &session->delivery;
    const struct protocol *protocol = session->protocol;
    struct conn *leg = leg_of(delivery->message);

    delivery->offset += piece.n;
    if (!protocol->content(session->state, delivery->message, piece) ||
        delivery->offset == delivery->octets) {
        protocol->content_end(session->state, delivery->message);
        delivery->is_emitted = true;
    }
    conn_flush(leg);
    delivery->is_slow = !is_piece_lasting(delivery) && conn_waiting(leg) > 0;
    if (delivery->is_slow)
        conn_keep(leg);
}

/* Flushes before it decides. Otherwise output that was never flushed could delay the next piece for ever,
 * because no event reports it. */
static bool has_room(const struct relay_delivery *delivery)
{
    struct conn *leg = leg_of(delivery->message);

    if (conn_waiting(leg) >= waiting_max(delivery))
        conn_flush(leg);
    return conn_waiting(leg) < waiting_max(delivery);
}

static void emit_content(struct relay_session *session)
{
    struct relay_delivery *delivery = &session->delivery;
    struct span piece;

    for (int i = 0; !delivery->is_emitted && has_room(delivery); i++) {
        if (i == DELIVER_BURST) {
            relay_timers_fire_soon(session);
            return;
        }
        if (!view_content(delivery, &piece)) {
            session->protocol->lost(session->state, delivery->message->from, ERR_SPOOL_FAILED);
            return;
        }
        emit_piece(session, piece);
    }
}

bool relay_delivery_pump(struct relay_session *session)
{
    struct held_message *message = session->delivery.message;

    if (!message)
        return false;
    emit_content(session);
    if (!session->delivery.message || !session->delivery.is_emitted || conn_waiting(leg_of(message)) > 0)
        return false;
    session->delivery.message = NULL;
    session->protocol->delivered(session->state, message);
    return true;
}
