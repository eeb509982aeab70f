#include "harness.h"

#include <stdlib.h>

static void note(struct harness *harness, const char *what, struct span rest)
{
    buf_add(&harness->transcript, span_of(what));
    buf_add(&harness->transcript, rest);
    buf_add_char(&harness->transcript, '\n');
}

/* A lone CR or LF, and whatever else is not printable, shows as \\xNN; only CRLF ends a line. */
static void note_bytes(struct harness *harness, struct buf *line, const char *leg, struct span bytes)
{
    struct span cr = SPAN("\\x0d");

    for (size_t i = 0; i < bytes.n; i++) {
        unsigned char c = (unsigned char)bytes.p[i];

        if (c == '\n' && line->n >= cr.n && memcmp(line->p + line->n - cr.n, cr.p, cr.n) == 0) {
            line->n -= cr.n;
            note(harness, leg, buf_span(line));
            buf_clear(line);
        } else if (c >= ' ' && c < 0x7f) {
            buf_add_char(line, (char)c);
        } else {
            buf_add_format(line, "\\x%02x", c);
        }
    }
}

static void send_client(void *context, struct span bytes)
{
    struct harness *harness = context;

    buf_add(&harness->to_client, bytes);
    note_bytes(harness, &harness->client_line, "to client: ", bytes);
}

static void send_server(void *context, struct span bytes)
{
    struct harness *harness = context;

    buf_add(&harness->to_server, bytes);
    note_bytes(harness, &harness->server_line, "to server: ", bytes);
}

static void receive(void *context, enum pop3_session_receive mode)
{
    struct harness *harness = context;

    pop3_wire_receive(&harness->wire, mode);
}

static void scan(void *context)
{
    note(context, "scan", (struct span){0});
}

static void store(void *context, const struct verdict *verdict, bool destroy)
{
    struct buf text = {0};

    buf_add_format(&text, "%s %s%s%s", destroy ? "destroy" : "store", verdict_kind_name(verdict->kind),
                   verdict->name[0] ? " " : "", verdict->name);
    if (pop3_session_header_was_given(&((struct harness *)context)->session))
        buf_add(&text, SPAN(", its header was given"));
    note(context, "", buf_span(&text));
    buf_fini(&text);
}

static void deliver(void *context, enum pop3_session_source source, struct span lead, uint32_t body_lines)
{
    struct harness *harness = context;

    harness->deliver_pending = true;
    harness->source = source;
    harness->body_lines = body_lines;
    buf_clear(&harness->lead);
    buf_add(&harness->lead, lead);
}

static void forget(void *context)
{
    struct harness *harness = context;

    buf_clear(&harness->spool);
}

static void begin_tunnel(void *context)
{
    struct harness *harness = context;

    harness->tunnel = true;
    note(harness, "tunnel", (struct span){0});
}

static void end(void *context, enum err why)
{
    struct harness *harness = context;

    harness->closed = true;
    harness->deliver_pending = false;
    note(harness, "close ", span_of(err_name(why)));
}

static void outcome(void *context, const struct pop3_session_outcome *outcome)
{
}

static void refused(void *context, struct span verb, enum err why)
{
}

static void entered(void *context, const char *from, const char *to)
{
}

static bool has_room(void *context, uint64_t octets)
{
    struct harness *harness = context;

    return octets <= harness->room_octets;
}

static const struct pop3_session_ops ops = {
    has_room, send_client,  send_server, receive, scan,    store,   deliver,
    forget,   begin_tunnel, end,         outcome, refused, entered,
};

static bool write_spool(void *context, struct span run, enum err *why)
{
    struct harness *harness = context;

    if (harness->spool.n + run.n > harness->spool_limit_octets) {
        *why = harness->spool_fault;
        return false;
    }
    buf_add(&harness->spool, run);
    return true;
}

static bool cut_spool(void *context, uint64_t octets, enum err *why)
{
    struct harness *harness = context;

    harness->spool.n = (size_t)octets;
    return true;
}

void harness_init(struct harness *harness)
{
    *harness = (struct harness){
        .conf.listeners[PROTOCOL_POP3] = {.tls = TLS_PASS, .message_max_bytes = UINT64_MAX},
        .conf.pop3.top = true,
        .conf.policy = {.infected = ACTION_QUARANTINE,
                        .encrypted = ACTION_DELIVER,
                        .limits = ACTION_QUARANTINE,
                        .malformed = ACTION_QUARANTINE,
                        .unsupported = ACTION_QUARANTINE,
                        .partial = ACTION_QUARANTINE,
                        .failed = ACTION_REFUSE},
        .spool_limit_octets = UINT64_MAX,
        .room_octets = UINT64_MAX,
        .spool_fault = ERR_SPOOL_FAILED,
    };
    buf_add(&harness->notice, SPAN("Subject: notice\r\n\r\nfirst\r\nsecond\r\n"));
    pop3_session_init(&harness->session, &ops, harness, &harness->conf);
    pop3_wire_init(&harness->wire, &harness->session,
                   (struct pop3_wire_spool){write_spool, cut_spool, harness});
}

void harness_fini(struct harness *harness)
{
    pop3_session_fini(&harness->session);
    buf_fini(&harness->client_in);
    buf_fini(&harness->server_in);
    buf_fini(&harness->to_client);
    buf_fini(&harness->to_server);
    buf_fini(&harness->transcript);
    buf_fini(&harness->client_line);
    buf_fini(&harness->server_line);
    buf_fini(&harness->spool);
    buf_fini(&harness->notice);
    buf_fini(&harness->lead);
}

static void do_deliver(struct harness *harness)
{
    struct pop3_delivery delivery;
    struct span content =
        harness->source == POP3_SESSION_NOTICE
            ? buf_span(&harness->notice)
            : span_first(buf_span(&harness->spool), (size_t)harness->session.received.octets);

    harness->deliver_pending = false;
    pop3_delivery_init(&delivery, harness->body_lines,
                       pop3_session_dots_end(&harness->session, harness->source, buf_span(&harness->lead)),
                       send_client, harness);
    if (pop3_delivery_content(&delivery, buf_span(&harness->lead)))
        pop3_delivery_content(&delivery, content);
    pop3_delivery_end(&delivery);
    pop3_session_delivered(&harness->session);
}

/* In an exact-size block of its own, so that a sanitizer sees a read beyond it. */
static bool give(struct harness *harness, struct buf *in, size_t (*take)(struct pop3_wire *, struct span))
{
    char *exact;
    size_t taken;

    if (in->n == 0 || harness->closed || harness->tunnel)
        return false;
    exact = mem_grow(NULL, in->n, 1);
    memcpy(exact, in->p, in->n);
    taken = take(&harness->wire, (struct span){exact, in->n});
    free(exact);
    memmove(in->p, in->p + taken, in->n - taken);
    in->n -= taken;
    return taken > 0;
}

void harness_pump(struct harness *harness)
{
    bool moved = true;

    while (moved) {
        moved = give(harness, &harness->client_in, pop3_wire_client_bytes);
        if (harness->client_at_end && !harness->closed &&
            pop3_wire_client_end(&harness->wire, buf_span(&harness->client_in)))
            harness->client_at_end = false;
        moved = give(harness, &harness->server_in, pop3_wire_server_bytes) || moved;
        if (harness->server_fault != ERR_NONE && !harness->closed &&
            pop3_wire_server_end(&harness->wire, buf_span(&harness->server_in), harness->server_fault))
            harness->server_fault = ERR_NONE;
        if (harness->deliver_pending && !harness->deliver_held) {
            do_deliver(harness);
            moved = true;
        }
    }
}

void harness_client_bytes(struct harness *harness, struct span bytes)
{
    buf_add(&harness->client_in, bytes);
    harness_pump(harness);
}

void harness_server_bytes(struct harness *harness, struct span bytes)
{
    buf_add(&harness->server_in, bytes);
    harness_pump(harness);
}
