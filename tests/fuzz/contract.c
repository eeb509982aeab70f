/* What every protocol owes the shell (core/protocol), whatever comes from whom: it consumes no more than it
 * is given, and nothing unless it wants it; operations are on a message in hand, one delivery at a time,
 * bytes of it leave only from within `content`, and none after a verdict that the policy does not deliver;
 * after `close` there is nothing more. The input: a byte for the protocol, then events, a byte each, with the
 * bytes that they need. */
#include "tests/echo/echo_protocol.h"
#include "tests/fuzz/fuzz.h"
#include "tests/replay/harness.h"

enum { STEPS = 300 };

struct model {
    struct harness harness; /* first: the context of its operations is this too */
    struct protocol_ops ops;
    const struct protocol_ops *base;
    bool is_scanning, is_storing, is_judged, may_pass, is_notice_due;
};

static struct model *the_model;

static void on_send(void *shell, enum leg to, struct span bytes)
{
    must(!the_model->harness.closed && !the_model->harness.tunnel);
    the_model->base->send(shell, to, bytes);
}

static struct held_message *on_begin(void *shell, enum leg from)
{
    must(!the_model->harness.closed && !the_model->harness.message);
    the_model->is_judged = the_model->may_pass = the_model->is_notice_due = false;
    return the_model->base->begin(shell, from);
}

static bool on_write(struct held_message *message, struct span run, enum err *why)
{
    must(message == the_model->harness.message && run.n && !the_model->is_scanning);
    return the_model->base->write(message, run, why);
}

static bool on_cut(struct held_message *message, uint64_t octets, enum err *why)
{
    must(message == the_model->harness.message && octets <= message->content.n);
    must(!the_model->is_scanning && !the_model->is_judged);
    return the_model->base->cut(message, octets, why);
}

static void on_drop(struct held_message *message)
{
    must(message == the_model->harness.message && !the_model->is_scanning && !the_model->is_judged);
    the_model->base->drop(message);
}

static bool on_scan(struct held_message *message, enum err *why)
{
    must(message == the_model->harness.message && !the_model->is_scanning && !the_model->is_judged);
    the_model->is_scanning = the_model->base->scan(message, why);
    return the_model->is_scanning;
}

static void on_store(struct held_message *message, const struct protocol_incident *incident)
{
    must(message == the_model->harness.message && the_model->is_judged && !the_model->is_storing);
    must(incident->verdict->kind != VERDICT_CLEAN && incident->user);
    the_model->is_storing = true;
    the_model->may_pass = false; /* the protocol itself may find fault with what is clean */
}

static void on_deliver(struct held_message *message, enum protocol_source source, uint64_t octets)
{
    bool is_header_alone = !the_model->is_judged; /* TOP n 0 is relayed without a verdict [S6] */

    must(message == the_model->harness.message && !the_model->harness.deliver_pending);
    must(source == PROTOCOL_NOTICE ? the_model->is_notice_due : the_model->may_pass || is_header_alone);
    must(octets <= (source == PROTOCOL_NOTICE ? the_model->harness.notice.n : message->content.n));
    the_model->base->deliver(message, source, octets);
}

static void on_emit(struct held_message *message, struct span bytes)
{
    must(message == the_model->harness.message && the_model->harness.is_in_content);
    the_model->base->emit(message, bytes);
}

static void on_outcome(struct held_message *message, const struct protocol_outcome *outcome)
{
    must(message == the_model->harness.message && outcome->command[0]);
}

static void on_forget(struct held_message *message)
{
    must(message == the_model->harness.message);
    the_model->is_scanning = the_model->is_storing = false;
    the_model->base->forget(message);
}

static void on_close(void *shell, enum err why)
{
    must(!the_model->harness.closed && !the_model->harness.message);
    the_model->base->close(shell, why);
}

static void scanned(struct model *model, unsigned how)
{
    struct verdict verdict = {.kind = (uint8_t)(how % 3)};

    if (!model->is_scanning)
        return;
    model->is_scanning = false;
    model->is_judged = true;
    model->may_pass = verdict.kind == VERDICT_CLEAN;
    harness_scanned(&model->harness, &verdict);
}

static void stored(struct model *model, unsigned how)
{
    enum protocol_stored result = (enum protocol_stored)(how % 3);

    if (!model->is_storing)
        return;
    model->is_storing = false;
    model->is_notice_due = result == PROTOCOL_STORED;
    model->may_pass = result == PROTOCOL_STORED_RELEASED;
    harness_stored(&model->harness, result);
}

static void give(struct model *model, enum leg leg, unsigned n, struct span *rest)
{
    static const char *const lines[] = {"RETR 1\r\n", "TOP 1 0\r\n", "+OK\r\n",
                                        "GET a\r\n",  "3\r\nabc",    "A: b\r\n\r\nc\r\n.\r\n",
                                        "QUIT\r\n",   "HELLO\r\n"};
    struct buf bytes = {0};

    if (n % 2)
        buf_add(&bytes, span_of(lines[n / 2 % 8]));
    for (unsigned i = 0; n % 2 == 0 && i < n; i++)
        buf_add_char(&bytes, (char)fuzz_byte(rest));
    if (leg == LEG_CLIENT)
        harness_client_bytes(&model->harness, buf_span(&bytes));
    else
        harness_server_bytes(&model->harness, buf_span(&bytes));
    buf_fini(&bytes);
}

static void accident(struct model *model, unsigned how)
{
    const struct protocol *protocol = model->harness.protocol;
    void *session = model->harness.session;

    switch (how % 8) {
    case 0:
        model->is_judged |= model->is_scanning; /* as failed */
        model->is_scanning = model->is_storing = false;
        protocol->timed_out(session);
        break;
    case 1: protocol->stopping(session); break;
    case 2: model->harness.client_at_end = true; break;
    case 3: protocol->lost(session, LEG_CLIENT, ERR_CLIENT_GONE); break;
    case 4: model->harness.server_fault = ERR_SERVER_CLOSED; break;
    case 5:
        for (int timer = PROTOCOL_TIMER_PATIENCE; timer <= PROTOCOL_TIMER_SILENCE && !model->harness.closed;
             timer++)
            if (protocol->wants_timer(session, (enum protocol_timer)timer))
                protocol->timer(session, (enum protocol_timer)timer, how);
        break;
    case 6: protocol->lost(session, LEG_SERVER, ERR_SPOOL_FAILED); break;
    case 7:
        if (model->harness.spool_limit_octets == 2)
            model->harness.is_last_write_failing = true;
        model->harness.spool_limit_octets = 2;
        break;
    }
}

static void step(struct model *model, struct span *rest)
{
    unsigned event = fuzz_byte(rest), how = event >> 3;

    switch (event % 8) {
    case 0:
    case 1: give(model, LEG_CLIENT, how, rest); break;
    case 2:
    case 3: give(model, LEG_SERVER, how, rest); break;
    case 4: scanned(model, how); break;
    case 5: stored(model, how); break;
    case 6: model->harness.deliver_held = !model->harness.deliver_held; break;
    case 7: accident(model, how); break;
    }
    if (!model->harness.closed)
        harness_pump(&model->harness);
    must(!model->harness.closed ||
         model->harness.protocol->awaited(model->harness.session) == PROTOCOL_AWAITS_NOTHING);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct model model;
    struct span rest = fuzz_span(data, size);

    memset(&model, 0, sizeof model);
    the_model = &model;
    harness_init_with(&model.harness, fuzz_byte(&rest) % 2 ? &echo_protocol : &pop3_protocol, &model.ops);
    model.base = &harness_ops;
    model.ops = harness_ops;
    model.ops.send = on_send;
    model.ops.begin = on_begin;
    model.ops.write = on_write;
    model.ops.cut = on_cut;
    model.ops.drop = on_drop;
    model.ops.scan = on_scan;
    model.ops.store = on_store;
    model.ops.deliver = on_deliver;
    model.ops.emit = on_emit;
    model.ops.outcome = on_outcome;
    model.ops.forget = on_forget;
    model.ops.close = on_close;
    for (int i = 0; i < STEPS && rest.n && !model.harness.closed && !model.harness.tunnel; i++)
        step(&model, &rest);
    harness_fini(&model.harness);
    return 0;
}
