#include "harness.h"

#include <stdlib.h>

static void note(struct harness *harness, const char *what, struct span rest)
{
    buf_add(&harness->transcript, span_of(what));
    buf_add(&harness->transcript, rest);
    buf_add_char(&harness->transcript, '\n');
}

/* A lone CR or LF and other unprintable bytes are shown as \\xNN; only CRLF ends a line. */
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

static void send_bytes(void *context, enum leg to, struct span bytes)
{
    struct harness *harness = context;

    buf_add(&harness->out[to], bytes);
    note_bytes(harness, &harness->line[to], to == LEG_CLIENT ? "to client: " : "to server: ", bytes);
}

static struct held_message *begin(void *context, enum leg from)
{
    struct harness *harness = context;

    harness->message = mem_alloc_zero(sizeof *harness->message);
    harness->message->harness = harness;
    harness->message->from = from;
    return harness->message;
}

static bool write_content(struct held_message *message, struct span run, enum err *why)
{
    if (message->content.n + run.n > message->harness->spool_limit_octets) {
        *why = message->harness->spool_fault;
        return false;
    }
    buf_add(&message->content, run);
    return true;
}

static bool cut(struct held_message *message, uint64_t octets, enum err *why)
{
    message->content.n = (size_t)octets;
    return true;
}

static void drop(struct held_message *message)
{
    buf_fini(&message->content);
}

static bool scan(struct held_message *message, enum err *why)
{
    if (message->harness->is_last_write_failing) {
        *why = message->harness->spool_fault;
        return false;
    }
    note(message->harness, "scan", (struct span){0});
    return true;
}

static void store(struct held_message *message, const struct protocol_incident *incident)
{
    const struct verdict *verdict = incident->verdict;
    struct buf text = {0};

    buf_add_format(&text, "%s %s%s%s", incident->destroy ? "destroy" : "store",
                   verdict_kind_name(verdict->kind), verdict->name[0] ? " " : "", verdict->name);
    if (incident->is_header_known)
        buf_add(&text, SPAN(", its header was given"));
    note(message->harness, "", buf_span(&text));
    buf_fini(&text);
}

static void deliver(struct held_message *message, enum protocol_source source, uint64_t octets)
{
    message->harness->deliver_pending = true;
    message->harness->source = source;
    message->harness->octets = octets;
}

static void emit(struct held_message *message, struct span bytes)
{
    send_bytes(message->harness, message->from == LEG_SERVER ? LEG_CLIENT : LEG_SERVER, bytes);
}

static void forget(struct held_message *message)
{
    message->harness->message = NULL;
    message->harness->deliver_pending = false;
    buf_fini(&message->content);
    free(message);
}

static bool start_tls(void *context, enum leg leg)
{
    struct harness *harness = context;

    if (leg == LEG_CLIENT && harness->in[leg].n)
        return false;
    harness->is_tls_starting[leg] = true;
    note(harness, "start tls ", leg == LEG_CLIENT ? SPAN("client") : SPAN("server"));
    return true;
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
    note(harness, "close ", span_of(err_name(why)));
}

static void outcome(struct held_message *message, const struct protocol_outcome *outcome)
{
}

static void refused(void *context, struct span verb, enum err why)
{
}

static void entered(void *context, const char *from, const char *to)
{
}

static void advanced(void *context)
{
}

static bool has_space(void *context, uint64_t octets)
{
    struct harness *harness = context;

    return octets <= harness->free_octets;
}

const struct protocol_ops harness_ops = {
    .has_space = has_space,
    .send = send_bytes,
    .begin = begin,
    .write = write_content,
    .cut = cut,
    .drop = drop,
    .scan = scan,
    .store = store,
    .deliver = deliver,
    .emit = emit,
    .outcome = outcome,
    .forget = forget,
    .start_tls = start_tls,
    .tunnel = begin_tunnel,
    .close = end,
    .refused = refused,
    .entered = entered,
    .advanced = advanced,
};

void harness_init_with(struct harness *harness, const struct protocol *protocol,
                       const struct protocol_ops *ops)
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
                        .ambiguous = ACTION_DELIVER,
                        .failed = ACTION_REFUSE},
        .spool_limit_octets = UINT64_MAX,
        .free_octets = UINT64_MAX,
        .spool_fault = ERR_SPOOL_FAILED,
    };
    buf_add(&harness->notice, SPAN("Subject: notice\r\n\r\nfirst\r\nsecond\r\n"));
    harness->protocol = protocol;
    harness->session = mem_alloc_zero(protocol->size);
    protocol->init(harness->session, ops, harness, &harness->conf);
}

void harness_init(struct harness *harness, const struct protocol *protocol)
{
    harness_init_with(harness, protocol, &harness_ops);
}

void harness_fini(struct harness *harness)
{
    harness->protocol->fini(harness->session);
    free(harness->session);
    if (harness->message)
        forget(harness->message);
    for (int leg = LEG_CLIENT; leg <= LEG_SERVER; leg++) {
        buf_fini(&harness->in[leg]);
        buf_fini(&harness->out[leg]);
        buf_fini(&harness->line[leg]);
    }
    buf_fini(&harness->transcript);
    buf_fini(&harness->notice);
}

static void do_deliver(struct harness *harness)
{
    struct held_message *message = harness->message;
    struct span content = harness->source == PROTOCOL_NOTICE
                              ? buf_span(&harness->notice)
                              : span_first(buf_span(&message->content), (size_t)harness->octets);

    harness->deliver_pending = false;
    harness->is_in_content = true;
    harness->protocol->content(harness->session, message, content);
    harness->protocol->content_end(harness->session, message);
    harness->is_in_content = false;
    harness->protocol->delivered(harness->session, message);
}

/* Bytes that precede TLS. */
static bool lose_early(struct harness *harness, enum leg leg)
{
    struct buf *in = &harness->in[leg];

    if (in->n == 0 || !harness->is_tls_starting[leg])
        return false;
    buf_clear(in);
    harness->is_tls_starting[leg] = false;
    harness->protocol->lost(harness->session, leg,
                            leg == LEG_CLIENT ? ERR_CLIENT_TLS_FAILED : ERR_SERVER_TLS_EARLY);
    return true;
}

/* The bytes are in a block of their exact size, so that a sanitizer detects an over-read. */
static bool give(struct harness *harness, enum leg leg)
{
    struct buf *in = &harness->in[leg];
    char *exact;
    size_t taken;

    if (in->n == 0 || harness->closed || harness->tunnel)
        return false;
    if (lose_early(harness, leg))
        return true;
    exact = mem_grow(NULL, in->n, 1);
    memcpy(exact, in->p, in->n);
    taken = harness->protocol->bytes(harness->session, leg, (struct span){exact, in->n});
    free(exact);
    memmove(in->p, in->p + taken, in->n - taken);
    in->n -= taken;
    lose_early(harness, leg);
    return taken > 0;
}

static bool report_end(struct harness *harness, enum leg leg, enum err why)
{
    return !harness->closed &&
           harness->protocol->end(harness->session, leg, buf_span(&harness->in[leg]), why);
}

void harness_pump(struct harness *harness)
{
    bool moved = true;

    while (moved) {
        moved = give(harness, LEG_CLIENT);
        if (harness->client_at_end && report_end(harness, LEG_CLIENT, ERR_CLIENT_GONE))
            harness->client_at_end = false;
        moved = give(harness, LEG_SERVER) || moved;
        if (harness->server_fault != ERR_NONE && report_end(harness, LEG_SERVER, harness->server_fault))
            harness->server_fault = ERR_NONE;
        if (harness->deliver_pending && !harness->deliver_held) {
            do_deliver(harness);
            moved = true;
        }
    }
}

void harness_client_bytes(struct harness *harness, struct span bytes)
{
    buf_add(&harness->in[LEG_CLIENT], bytes);
    harness_pump(harness);
}

void harness_server_bytes(struct harness *harness, struct span bytes)
{
    buf_add(&harness->in[LEG_SERVER], bytes);
    harness_pump(harness);
}

void harness_scanned(struct harness *harness, const struct verdict *verdict)
{
    harness->protocol->scanned(harness->session, harness->message, verdict);
}

void harness_stored(struct harness *harness, enum protocol_stored result)
{
    harness->protocol->stored(harness->session, harness->message, result, harness->notice.n);
}

void harness_tls_started(struct harness *harness, enum leg leg)
{
    harness->is_tls_starting[LEG_SERVER] = harness->is_tls_starting[leg] = false;
    harness->protocol->tls_started(harness->session, leg);
}
