#include "tests/fuzz/session_model.h"

#include "core/policy.h"

static bool is_head(const struct session_view_entry *entry)
{
    return entry->command.verb == POP3_TOP && entry->command.lines == 0 && !entry->is_whole;
}

static unsigned find_altered(const struct model *model, uint32_t number)
{
    unsigned i = 0;

    while (i < model->altered_n && model->altered[i] != number)
        i++;
    return i;
}

bool session_model_is_altered(const void *context, uint32_t number)
{
    const struct model *model = context;

    return find_altered(model, number) < model->altered_n;
}

static unsigned find_failed(const struct model *model, uint32_t number)
{
    unsigned i = 0;

    while (i < model->failed_n && model->failed[i] != number)
        i++;
    return i;
}

void session_promises_look(struct model *model)
{
    struct span news = span_from(buf_span(&model->harness.out[LEG_CLIENT]), model->seen);

    model->seen = model->harness.out[LEG_CLIENT].n;
    session_view_bytes(&model->strict, news);
    session_view_bytes(&model->lax, news);
}

/* Commands are sent as they are read, except DELE and QUIT, after which nothing is read. */
static void check_command(struct model *model, struct span line)
{
    struct session_view_entry *entry = session_view_at(&model->strict, model->strict.count - 1);
    enum pop3_verb verb = entry->command.verb;

    must(!entry->is_refused && !entry->is_sent);
    must(!entry->echo[0] || span_eq(line, span_of(entry->echo)));
    for (unsigned i = 0; (verb == POP3_DELE || verb == POP3_QUIT) && i + 1 < model->strict.count; i++) {
        const struct session_view_entry *before = session_view_at(&model->strict, i);

        must(!before->is_sent || !session_view_is_message(before));
    }
    must(verb != POP3_DELE || find_failed(model, entry->command.number) == model->failed_n);
    entry->is_sent = true;
    session_view_at(&model->lax, model->lax.count - 1)->is_sent = true;
}

static void take_server_line(struct model *model)
{
    struct span line = span_first(buf_span(&model->server_line), model->server_line.n - 2);

    must(!memchr(line.p, '\r', line.n) && !memchr(line.p, '\0', line.n));
    model->is_response[model->count % SESSION_LINES_MAX] = model->is_response_due;
    if (model->is_response_due)
        model->is_response_due = false;
    else if (!model->is_keeping_alive)
        check_command(model, line);
    if (model->count == SESSION_LINES_MAX)
        exit(2); /* more than STEPS commands */
    buf_add(&model->lines[model->count++], line);
    buf_clear(&model->server_line);
}

static void on_client_bytes(struct model *model, struct span bytes)
{
    must(!model->harness.closed);
    model->base->send(model, LEG_CLIENT, bytes);
    session_promises_look(model);
}

static void on_server_bytes(struct model *model, struct span bytes)
{
    must(!model->harness.closed && !model->harness.tunnel);
    session_promises_look(model);
    model->base->send(model, LEG_SERVER, bytes);
    buf_add(&model->server_line, bytes);
    if (span_ends(bytes, SPAN("\r\n")))
        take_server_line(model);
}

static void on_send(void *context, enum leg to, struct span bytes)
{
    if (to == LEG_CLIENT)
        on_client_bytes(context, bytes);
    else
        on_server_bytes(context, bytes);
}

static struct model *model_of(struct held_message *message)
{
    return (struct model *)message->harness;
}

static struct held_message *on_begin(void *context, enum leg from)
{
    struct model *model = context;

    session_promises_look(model);
    model->at_hand = *session_view_at(&model->strict, 0);
    must(from == LEG_SERVER && !model->harness.message);
    must(session_view_is_message(&model->at_hand) && model->at_hand.is_sent);
    must(model->is_lying || model->contents_taken < model->contents_n);
    model->contents_taken++;
    model->has_verdict = model->is_stored = model->is_released = model->is_delivering = false;
    return model->base->begin(context, from);
}

static const struct pop3_session *session_of(const struct model *model)
{
    return &harness_pop3(&model->harness)->session;
}

static void check_spool(const struct model *model)
{
    struct span spool = buf_span(&model->harness.message->content);

    must(spool.n >= session_of(model)->received.octets);
    spool = span_first(spool, (size_t)session_of(model)->received.octets);
    must(model->is_lying || span_eq(spool, buf_span(&model->contents[model->contents_taken - 1])));
}

static bool on_scan(struct held_message *message, enum err *why)
{
    must(!model_of(message)->has_verdict);
    check_spool(model_of(message));
    return model_of(message)->base->scan(message, why);
}

/* What counts: the verdict, and what the session itself finds wrong with how the message ended. */
static struct verdict verdict_of(const struct model *model)
{
    struct verdict verdict = model->verdict;

    if (session_of(model)->received.bare_end)
        policy_note_bare_end(&verdict);
    return verdict;
}

static enum action action_of(const struct model *model)
{
    const struct verdict verdict = verdict_of(model);
    const struct conf *conf = &model->harness.conf;
    const enum action unscannable[] = {ACTION_REFUSE,          conf->policy.encrypted,   conf->policy.limits,
                                       conf->policy.malformed, conf->policy.unsupported, conf->policy.partial,
                                       conf->policy.ambiguous, conf->policy.engine};

    switch ((enum verdict_kind)verdict.kind) {
    case VERDICT_CLEAN: return ACTION_DELIVER;
    case VERDICT_INFECTED: return conf->policy.infected;
    case VERDICT_UNSCANNABLE: return unscannable[verdict.reason];
    case VERDICT_FAILED: break;
    }
    return conf->policy.failed;
}

static void on_store(struct held_message *message, const struct protocol_incident *incident)
{
    struct model *model = model_of(message);

    must(model->has_verdict && incident->verdict->kind != VERDICT_CLEAN && !model->is_delivering);
    must(incident->undeliverable == session_of(model)->received.bare_dot);
    must(incident->undeliverable || incident->destroy == (action_of(model) == ACTION_DELETE));
}

static void on_deliver(struct held_message *message, enum protocol_source source, uint64_t octets)
{
    struct model *model = model_of(message);
    const struct pop3_command *command = &model->at_hand.command;
    const struct pop3 *pop3 = harness_pop3(&model->harness);

    must(!model->is_delivering);
    model->is_delivering = true;
    must(pop3->delivery.is_cut == (command->verb == POP3_TOP && !is_head(&model->at_hand)));
    must((pop3->wire.mode == POP3_SESSION_RECEIVE_HEAD) == is_head(&model->at_hand));
    must(octets == (source == PROTOCOL_NOTICE ? model->harness.notice.n : pop3->session.received.octets));
    if (source == PROTOCOL_NOTICE) {
        must(model->is_stored && pop3->session.fate == PROTOCOL_REPLACED);
    } else if (!is_head(&model->at_hand)) {
        must(model->is_released || (model->has_verdict && action_of(model) == ACTION_DELIVER));
        must(pop3->session.fate != PROTOCOL_MARKED || verdict_of(model).kind != VERDICT_CLEAN);
        check_spool(model);
    }
    model->base->deliver(message, source, octets);
}

static void note_altered(struct model *model, const struct protocol_outcome *outcome)
{
    bool is_altered = outcome->fate == PROTOCOL_REPLACED || outcome->fate == PROTOCOL_MARKED;
    unsigned at = find_altered(model, outcome->number);

    if (is_head(&model->at_hand) || is_altered == (at < model->altered_n))
        return;
    must(model->altered_n < SESSION_FAILED_MAX);
    if (is_altered)
        model->altered[model->altered_n++] = outcome->number;
    else
        model->altered[at] = model->altered[--model->altered_n];
}

static void on_outcome(struct held_message *message, const struct protocol_outcome *outcome)
{
    struct model *model = model_of(message);
    unsigned at = find_failed(model, outcome->number);
    bool is_final = err_kind(outcome->why) == ERR_PERMANENT;

    must(outcome->number == model->at_hand.command.number);
    if (outcome->fate != PROTOCOL_REFUSED) {
        must(model->is_delivering && !model->harness.deliver_pending);
        model->done++;
        note_altered(model, outcome);
        if (!is_head(&model->at_hand) && at < model->failed_n)
            model->failed[at] = model->failed[--model->failed_n];
    } else if (!is_final && !is_head(&model->at_hand) && at == model->failed_n) {
        must(model->failed_n < SESSION_FAILED_MAX);
        model->failed[model->failed_n++] = outcome->number;
    }
}

static void on_entered(void *context, const char *from, const char *to)
{
    if (strcmp(from, "SASL") == 0 && strcmp(to, "REPLY") == 0)
        ((struct model *)context)->is_response_due = true;
}

void session_promises_init(struct model *model)
{
    model->base = harness_pop3(&model->harness)->session.ops;
    model->ops = *model->base;
    model->ops.send = on_send;
    model->ops.begin = on_begin;
    model->ops.scan = on_scan;
    model->ops.store = on_store;
    model->ops.deliver = on_deliver;
    model->ops.outcome = on_outcome;
    model->ops.entered = on_entered;
    harness_pop3(&model->harness)->session.ops = &model->ops;
    session_view_init(&model->strict, false);
    session_view_init(&model->lax, true);
}
