#include "pop3/pop3_wire.h"

#include <assert.h>

void pop3_wire_init(struct pop3_wire *wire, struct pop3_session *session)
{
    *wire = (struct pop3_wire){.session = session};
}

void pop3_wire_receive(struct pop3_wire *wire, enum pop3_session_receive mode)
{
    wire->mode = mode;
    wire->discarded = 0;
    if (mode == POP3_SESSION_RECEIVE_NOTHING)
        return;
    pop3_unstuff_init(&wire->unstuff);
    pop3_head_init(&wire->head);
    pop3_lax_end_init(&wire->lax_end);
    wire->octets = 0;
}

enum taken { TAKEN_NOTHING, TAKEN_LINE, TAKEN_OVERLONG, TAKEN_DROPPED };

/* Removes a line, or a part of an overlong line, from *in. */
static enum taken take_line(struct span *in, size_t limit, bool *dropping, struct span *line)
{
    const char *lf = in->n ? memchr(in->p, '\n', in->n) : NULL;
    size_t n = lf ? (size_t)(lf - in->p) : in->n;
    bool was_dropping = *dropping;

    if (in->n == 0 || (!lf && !was_dropping && n <= limit + 1))
        return TAKEN_NOTHING;
    *line = span_first(*in, n);
    if (line->n && line->p[line->n - 1] == '\r')
        line->n--;
    *in = span_from(*in, lf ? n + 1 : n);
    *dropping = !lf;
    if (was_dropping)
        return TAKEN_DROPPED;
    return !lf || line->n > limit ? TAKEN_OVERLONG : TAKEN_LINE;
}

/* Counts dropped bytes of an overlong line. If there are too many, ends the session. */
static void drop_client_bytes(struct pop3_wire *wire, struct span part)
{
    wire->client_dropped += part.n;
    if (wire->client_dropped > POP3_DROPPED_MAX)
        pop3_session_client_endless(wire->session);
    else if (!wire->client_dropping)
        wire->client_dropped = 0;
}

size_t pop3_wire_client_bytes(struct pop3_wire *wire, struct span in)
{
    struct span rest = in;
    struct span line;

    while (pop3_session_wants_client(wire->session)) {
        switch (take_line(&rest, POP3_SASL_LINE_MAX, &wire->client_dropping, &line)) {
        case TAKEN_NOTHING: return in.n - rest.n;
        case TAKEN_LINE: pop3_session_client_line(wire->session, line); break;
        case TAKEN_OVERLONG: pop3_session_client_overlong(wire->session); break;
        case TAKEN_DROPPED: drop_client_bytes(wire, line); break;
        }
    }
    return in.n - rest.n;
}

static void keep_start(struct pop3_wire *wire, struct span run)
{
    if (wire->octets < sizeof wire->start) {
        size_t at = (size_t)wire->octets;
        struct span part = span_first(run, sizeof wire->start - at);

        memcpy(wire->start + at, part.p, part.n);
    }
}

static void write_run(struct pop3_wire *wire, struct span run)
{
    enum err why = ERR_SPOOL_FAILED;

    if (run.n && !wire->session->ops->write(wire->session->message, run, &why))
        pop3_session_message_fault(wire->session, why);
}

static void take_message_run(struct pop3_wire *wire, struct span run)
{
    keep_start(wire, run);
    wire->octets += run.n;
    write_run(wire, run);
}

/* Counts bytes of a message that is not kept. Such a message might never end. Therefore it has the same size
 * limit as a message that is kept. */
static void discard_run(struct pop3_wire *wire, struct span run)
{
    struct pop3_session *session = wire->session;

    wire->discarded += run.n;
    if (wire->discarded > session->conf->listeners[PROTOCOL_POP3].message_max_bytes)
        pop3_session_server_failed(session,
                                   session->fault != ERR_NONE ? session->fault : ERR_MESSAGE_TOO_LARGE);
}

/* Spools whole runs, up to POP3_HEAD_MAX octets: the length of the header is known only at its end. */
static void take_head_run(struct pop3_wire *wire, struct span run)
{
    if (wire->head.ended) {
        discard_run(wire, run);
        return;
    }
    write_run(wire, span_first(run, POP3_HEAD_MAX - wire->head.octets));
    pop3_head_next(&wire->head, run);
}

static void take_run(struct pop3_wire *wire, struct span run)
{
    switch (wire->mode) {
    case POP3_SESSION_RECEIVE_MESSAGE: take_message_run(wire, run); break;
    case POP3_SESSION_RECEIVE_HEAD: take_head_run(wire, run); break;
    case POP3_SESSION_RECEIVE_NOTHING: discard_run(wire, run); break;
    }
}

static bool starts_with_field(const struct pop3_wire *wire, uint64_t octets)
{
    return pop3_starts_with_field(
        (struct span){wire->start, octets < sizeof wire->start ? (size_t)octets : sizeof wire->start});
}

void pop3_wire_waited(struct pop3_wire *wire, uint64_t seconds)
{
    pop3_session_waited(wire->session, seconds, starts_with_field(wire, wire->octets));
}

/* Truncates the message before its bare end. A header is cut by pop3_head instead. */
static void cut_bare_end(struct pop3_wire *wire, unsigned octets)
{
    enum err why = ERR_SPOOL_FAILED;

    if (wire->mode != POP3_SESSION_RECEIVE_MESSAGE)
        return;
    wire->octets -= octets;
    if (!wire->session->ops->cut(wire->session->message, wire->octets, &why))
        pop3_session_message_fault(wire->session, why);
}

static void end_message(struct pop3_wire *wire, bool bare_end)
{
    bool head = wire->mode == POP3_SESSION_RECEIVE_HEAD;
    unsigned own_dots = bare_end && pop3_lax_end_octets(&wire->lax_end) > 1 ? 1 : 0;
    uint64_t octets = head ? wire->head.whole : wire->octets;
    struct pop3_session_received received = {
        .octets = octets,
        .bare_dot = !head && wire->unstuff.bare_dots > own_dots,
        .bare_end = bare_end,
        .dots_end = wire->unstuff.dots_end,
        .starts_with_field = starts_with_field(wire, octets),
    };

    pop3_session_message_ended(wire->session, &received);
}

/* If a run cannot be stored, the session may close. Then the rest of the message is not read. */
static void take_message_bytes(struct pop3_wire *wire, struct span *in)
{
    const struct pop3_session *session = wire->session;
    struct span whole = *in;

    while (in->n && wire->unstuff.state != POP3_UNSTUFF_ENDED && session->phase == SESSION_RECEIVING)
        take_run(wire, pop3_unstuff_next(&wire->unstuff, in));
    pop3_lax_end_next(&wire->lax_end, span_first(whole, whole.n - in->n));
    if (wire->unstuff.state == POP3_UNSTUFF_ENDED && session->phase == SESSION_RECEIVING)
        end_message(wire, false);
}

bool pop3_wire_may_be_over(const struct pop3_wire *wire)
{
    return wire->session->phase == SESSION_RECEIVING && pop3_lax_end_octets(&wire->lax_end) > 0;
}

void pop3_wire_silence(struct pop3_wire *wire)
{
    assert(pop3_wire_may_be_over(wire));
    cut_bare_end(wire, pop3_lax_end_octets(&wire->lax_end));
    if (wire->session->phase == SESSION_RECEIVING)
        end_message(wire, true);
}

/* Removes all CRs from the end, because some servers end lines with CR CR LF. */
static struct span without_cr(struct span line)
{
    while (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

/* Returns false if the line is not complete. */
static bool take_reply_line(struct pop3_wire *wire, struct span *in)
{
    struct span line;

    switch (take_line(in, POP3_REPLY_LINE_MAX, &wire->server_dropping, &line)) {
    case TAKEN_NOTHING: return false;
    case TAKEN_LINE: pop3_session_server_line(wire->session, without_cr(line)); break;
    case TAKEN_OVERLONG: pop3_session_server_overlong(wire->session); break;
    case TAKEN_DROPPED: break;
    }
    return true;
}

size_t pop3_wire_server_bytes(struct pop3_wire *wire, struct span in)
{
    struct span rest = in;

    while (rest.n && pop3_session_wants_server(wire->session)) {
        if (wire->session->phase == SESSION_RECEIVING)
            take_message_bytes(wire, &rest);
        else if (!take_reply_line(wire, &rest))
            break;
    }
    return in.n - rest.n;
}

static bool has_line(struct span rest)
{
    return rest.n && memchr(rest.p, '\n', rest.n);
}

bool pop3_wire_client_end(struct pop3_wire *wire, struct span rest)
{
    if (has_line(rest))
        return false;
    pop3_session_client_ended(wire->session);
    return true;
}

bool pop3_wire_server_end(struct pop3_wire *wire, struct span rest, enum err why)
{
    if (!pop3_session_wants_server_end(wire->session) || has_line(rest))
        return false;
    pop3_session_server_failed(wire->session, why);
    return true;
}
