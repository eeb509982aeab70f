#include "tests/echo/echo_protocol.h"

#include "base/number.h"
#include "core/policy.h"

#include <stdio.h>

enum { LINE_MAX_BYTES = 200 };

struct echo {
    const struct protocol_ops *ops;
    void *shell;
    const struct conf *conf;
    enum {
        ECHO_GREETING,
        ECHO_IDLE,
        ECHO_REPLY,
        ECHO_RECEIVING,
        ECHO_SCANNING,
        ECHO_STORING,
        ECHO_DELIVERING,
        ECHO_CLOSED
    } phase;
    struct held_message *message; /* NULL: none */
    uint64_t octets, received;
    enum err fault; /* of the message that is being received */
    struct verdict verdict;
    enum protocol_fate fate;
    char name[LINE_MAX_BYTES + 1];
};

static void enter(struct echo *echo, unsigned phase)
{
    static const char *const names[] = {"GREETING", "IDLE",    "REPLY",      "RECEIVING",
                                        "SCANNING", "STORING", "DELIVERING", "CLOSED"};

    echo->ops->entered(echo->shell, names[echo->phase], names[phase]);
    echo->phase = phase;
}

static void send_line(struct echo *echo, enum leg to, const char *word, struct span rest)
{
    echo->ops->send(echo->shell, to, span_of(word));
    echo->ops->send(echo->shell, to, rest);
    echo->ops->send(echo->shell, to, SPAN("\r\n"));
}

static void forget(struct echo *echo)
{
    if (echo->message)
        echo->ops->forget(echo->message);
    echo->message = NULL;
}

static void end_session(struct echo *echo, enum err why)
{
    if (echo->phase == ECHO_CLOSED)
        return;
    forget(echo);
    enter(echo, ECHO_CLOSED);
    echo->ops->close(echo->shell, why);
}

static void report(struct echo *echo, enum protocol_fate fate, enum err why)
{
    struct protocol_outcome outcome = {.command = "GET",
                                       .fate = fate,
                                       .octets = echo->received,
                                       .why = why,
                                       .verdict = fate == PROTOCOL_REFUSED ? NULL : &echo->verdict};

    echo->ops->outcome(echo->message, &outcome);
}

static void refuse_message(struct echo *echo, enum err why)
{
    report(echo, PROTOCOL_REFUSED, why);
    send_line(echo, LEG_CLIENT, "ERROR ", span_of(err_name(why)));
    forget(echo);
    enter(echo, ECHO_IDLE);
}

static void deliver(struct echo *echo, enum protocol_fate fate, enum protocol_source source, uint64_t octets)
{
    char digits[NUMBER_DIGITS_MAX];

    echo->fate = fate;
    send_line(echo, LEG_CLIENT, "", (struct span){digits, number_write(octets, digits)});
    enter(echo, ECHO_DELIVERING);
    echo->ops->deliver(echo->message, source, octets);
}

static void store(struct echo *echo, bool destroy)
{
    struct protocol_incident incident = {
        .verdict = &echo->verdict, .destroy = destroy, .name = echo->name, .user = ""};

    enter(echo, ECHO_STORING);
    echo->ops->store(echo->message, &incident);
}

static void take_command(struct echo *echo, struct span line)
{
    if (span_eq(line, SPAN("BYE"))) {
        end_session(echo, ERR_CLIENT_QUIT);
    } else if (span_starts(line, SPAN("GET "))) {
        snprintf(echo->name, sizeof echo->name, "%.*s", (int)line.n - 4, line.p + 4);
        send_line(echo, LEG_SERVER, "", line);
        enter(echo, ECHO_REPLY);
    } else {
        echo->ops->refused(echo->shell, (struct span){"", 0}, ERR_CLIENT_COMMAND_UNKNOWN);
        send_line(echo, LEG_CLIENT, "ERROR ", span_of(err_name(ERR_CLIENT_COMMAND_UNKNOWN)));
    }
}

static void end_message(struct echo *echo)
{
    if (echo->fault == ERR_NONE && echo->ops->scan(echo->message, &echo->fault))
        enter(echo, ECHO_SCANNING);
    else
        refuse_message(echo, echo->fault);
}

static void begin_message(struct echo *echo, struct span line)
{
    echo->octets = echo->received = 0;
    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] < '0' || line.p[i] > '9' || i > 8) {
            end_session(echo, ERR_SERVER_MALFORMED);
            return;
        }
        echo->octets = echo->octets * 10 + (uint64_t)(line.p[i] - '0');
    }
    echo->fault = ERR_NONE;
    echo->message = echo->ops->begin(echo->shell, LEG_SERVER);
    enter(echo, ECHO_RECEIVING);
    if (!echo->octets)
        end_message(echo);
}

static void take_reply(struct echo *echo, struct span line)
{
    if (echo->phase == ECHO_REPLY) {
        begin_message(echo, line);
        return;
    }
    send_line(echo, LEG_CLIENT, "", line);
    enter(echo, ECHO_IDLE);
}

static size_t take_content(struct echo *echo, struct span in)
{
    struct span run = span_first(in, (size_t)(echo->octets - echo->received));
    enum err why = ERR_SPOOL_FAILED;

    if (run.n && echo->fault == ERR_NONE && !echo->ops->write(echo->message, run, &why)) {
        echo->fault = why;
        echo->ops->drop(echo->message);
    }
    echo->received += run.n;
    if (echo->received == echo->octets)
        end_message(echo);
    return run.n;
}

static enum protocol_wants wants(const void *session, enum leg leg)
{
    const struct echo *echo = session;
    bool is_server =
        echo->phase == ECHO_GREETING || echo->phase == ECHO_REPLY || echo->phase == ECHO_RECEIVING;

    return (leg == LEG_SERVER ? is_server : echo->phase == ECHO_IDLE) ? PROTOCOL_WANTS_BYTES
                                                                      : PROTOCOL_WANTS_NOTHING;
}

/* Returns how many bytes of `in` were a line; 0: no line is complete. */
static size_t take_line(struct echo *echo, enum leg leg, struct span in)
{
    const char *lf = in.n ? memchr(in.p, '\n', in.n) : NULL;
    size_t n = lf ? (size_t)(lf - in.p) : 0;

    if (!lf && in.n <= LINE_MAX_BYTES)
        return 0;
    if (!lf || n > LINE_MAX_BYTES) {
        end_session(echo, leg == LEG_CLIENT ? ERR_CLIENT_LINE_TOO_LONG : ERR_SERVER_LINE_TOO_LONG);
        return in.n;
    }
    if (leg == LEG_CLIENT)
        take_command(echo, (struct span){in.p, n && in.p[n - 1] == '\r' ? n - 1 : n});
    else
        take_reply(echo, (struct span){in.p, n && in.p[n - 1] == '\r' ? n - 1 : n});
    return n + 1;
}

static size_t take_bytes(void *session, enum leg leg, struct span in)
{
    struct echo *echo = session;
    struct span rest = in;

    while (rest.n && wants(echo, leg) != PROTOCOL_WANTS_NOTHING) {
        size_t taken = echo->phase == ECHO_RECEIVING ? take_content(echo, rest) : take_line(echo, leg, rest);

        if (!taken)
            break;
        rest = span_from(rest, taken);
    }
    return in.n - rest.n;
}

static void init(void *session, const struct protocol_ops *ops, void *shell, const struct conf *conf)
{
    struct echo *echo = session;

    echo->ops = ops;
    echo->shell = shell;
    echo->conf = conf;
}

static void fini(void *session)
{
}

static void lost(void *session, enum leg leg, enum err why)
{
    struct echo *echo = session;

    if (echo->phase == ECHO_RECEIVING)
        refuse_message(echo, why);
    end_session(echo, why);
}

static bool take_end(void *session, enum leg leg, struct span rest, enum err why)
{
    const struct echo *echo = session;

    if (wants(echo, leg) == PROTOCOL_WANTS_NOTHING || (rest.n && memchr(rest.p, '\n', rest.n)))
        return false;
    lost(session, leg, why);
    return true;
}

static void scanned(void *session, struct held_message *message, const struct verdict *verdict)
{
    struct echo *echo = session;
    enum action action;

    echo->verdict = *verdict;
    action = policy_decide(echo->conf, &echo->verdict, false);
    if (action == ACTION_DELIVER)
        deliver(echo, PROTOCOL_DELIVERED, PROTOCOL_ORIGINAL, echo->octets);
    else if (action == ACTION_REFUSE)
        refuse_message(echo, policy_refusal(verdict));
    else
        store(echo, action == ACTION_DELETE);
}

static void stored(void *session, struct held_message *message, enum protocol_stored result,
                   uint64_t notice_octets)
{
    struct echo *echo = session;

    switch (result) {
    case PROTOCOL_STORED: deliver(echo, PROTOCOL_REPLACED, PROTOCOL_NOTICE, notice_octets); break;
    case PROTOCOL_STORED_RELEASED: deliver(echo, PROTOCOL_RELEASED, PROTOCOL_ORIGINAL, echo->octets); break;
    case PROTOCOL_STORE_FAILED: refuse_message(echo, ERR_STORE_FAILED); break;
    }
}

static bool content(void *session, struct held_message *message, struct span piece)
{
    const struct echo *echo = session;

    echo->ops->emit(message, piece);
    return true;
}

static void content_end(void *session, struct held_message *message)
{
}

static void delivered(void *session, struct held_message *message)
{
    struct echo *echo = session;

    report(echo, echo->fate, ERR_NONE);
    forget(echo);
    enter(echo, ECHO_IDLE);
}

static enum protocol_awaited awaited(const void *session)
{
    const struct echo *echo = session;

    switch (echo->phase) {
    case ECHO_IDLE: return PROTOCOL_AWAITS_CLIENT;
    case ECHO_GREETING:
    case ECHO_REPLY: return PROTOCOL_AWAITS_SERVER;
    case ECHO_RECEIVING: return PROTOCOL_AWAITS_MESSAGE;
    case ECHO_SCANNING: return PROTOCOL_AWAITS_VERDICT;
    case ECHO_STORING: return PROTOCOL_AWAITS_QUARANTINE;
    case ECHO_DELIVERING: return PROTOCOL_AWAITS_DELIVERY;
    case ECHO_CLOSED: break;
    }
    return PROTOCOL_AWAITS_NOTHING;
}

static void timed_out(void *session)
{
    struct echo *echo = session;

    if (echo->phase == ECHO_SCANNING)
        refuse_message(echo, ERR_ENGINE_FAILED);
    else if (echo->phase == ECHO_STORING)
        refuse_message(echo, ERR_STORE_FAILED);
    else
        end_session(echo, echo->phase == ECHO_IDLE || echo->phase == ECHO_DELIVERING ? ERR_CLIENT_IDLE
                                                                                     : ERR_SERVER_TIMEOUT);
}

static void expired(void *session, enum err why)
{
    end_session(session, why);
}

static bool is_logged_in(const void *session)
{
    return true;
}

static bool wants_timer(const void *session, enum protocol_timer timer)
{
    return false;
}

static void fire(void *session, enum protocol_timer timer, uint64_t waited_s)
{
}

static void stopping(void *session)
{
    end_session(session, ERR_STOPPING);
}

static const char *user(const void *session)
{
    return "";
}

static void refuse(enum err why, struct buf *out)
{
    buf_add_format(out, "ERROR %s\r\n", err_name(why));
}

static bool is_refusal(struct span line)
{
    return span_starts(line, SPAN("ERROR "));
}

static bool is_greeting(struct span line)
{
    return span_eq(line, SPAN("HELLO"));
}

const struct protocol echo_protocol = {
    .id = PROTOCOL_POP3,
    .kind = MESSAGE_FILE,
    .size = sizeof(struct echo),
    .init = init,
    .fini = fini,
    .bytes = take_bytes,
    .end = take_end,
    .lost = lost,
    .wants = wants,
    .scanned = scanned,
    .stored = stored,
    .content = content,
    .content_end = content_end,
    .delivered = delivered,
    .awaited = awaited,
    .timed_out = timed_out,
    .expired = expired,
    .is_logged_in = is_logged_in,
    .wants_timer = wants_timer,
    .timer = fire,
    .stopping = stopping,
    .user = user,
    .refuse = refuse,
    .is_refusal = is_refusal,
    .is_greeting = is_greeting,
};
