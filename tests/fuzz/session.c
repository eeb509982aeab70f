/* Checks the promises of a session's core, whatever client, server, engine, keeper and timers do, in any
 * order: a message is delivered only after a verdict and according to the policy, or if released [P1]; a
 * notice only after the original is stored [P3]; DELE and QUIT are sent to the server only when every earlier
 * message has its outcome, and never DELE of one that failed [S10]; each command has one reply, in order
 * [S2]; an undelivered message never ends [P4]. The input: two bytes of configuration, then events, one byte
 * each, with their data. */
#include "tests/fuzz/session_model.h"

enum { STEPS = 400, ENDING = 4000 };

static void tell_verdict(struct model *model, unsigned how)
{
    static const struct verdict verdicts[] = {
        {.kind = VERDICT_CLEAN},
        {.kind = VERDICT_INFECTED, .name = "Test"},
        {.kind = VERDICT_FAILED},
        {.kind = VERDICT_UNSCANNABLE, .reason = UNSCANNABLE_ENCRYPTED},
        {.kind = VERDICT_UNSCANNABLE, .reason = UNSCANNABLE_LIMITS},
        {.kind = VERDICT_UNSCANNABLE, .reason = UNSCANNABLE_MALFORMED},
        {.kind = VERDICT_UNSCANNABLE, .reason = UNSCANNABLE_UNSUPPORTED},
        {.kind = VERDICT_UNSCANNABLE, .reason = UNSCANNABLE_PARTIAL},
        {.kind = VERDICT_UNSCANNABLE, .reason = UNSCANNABLE_ENGINE},
        {.kind = VERDICT_UNSCANNABLE, .reason = UNSCANNABLE_AMBIGUOUS},
    };

    if (harness_pop3(&model->harness)->session.phase != SESSION_SCANNING)
        return;
    model->verdict = verdicts[how % (sizeof verdicts / sizeof verdicts[0])];
    model->has_verdict = true;
    harness_scanned(&model->harness, &model->verdict);
}

static void tell_stored(struct model *model, unsigned how)
{
    if (harness_pop3(&model->harness)->session.phase != SESSION_STORING)
        return;
    if (how % 3 == 0) {
        model->is_stored = true;
        harness_stored(&model->harness, PROTOCOL_STORED);
    } else if (how % 3 == 1) {
        model->is_released = true;
        harness_stored(&model->harness, PROTOCOL_STORED_RELEASED);
    } else {
        harness_stored(&model->harness, PROTOCOL_STORE_FAILED);
    }
}

static void time_out(struct model *model)
{
    if (harness_pop3(&model->harness)->session.phase == SESSION_SCANNING) {
        model->verdict = (struct verdict){.kind = VERDICT_FAILED};
        model->has_verdict = true;
    }
    pop3_protocol.timed_out(model->harness.session);
}

static void expire(struct model *model, unsigned how)
{
    pop3_protocol.expired(model->harness.session, how ? ERR_SERVER_TOO_SLOW : ERR_CLIENT_LOGIN_TIMEOUT);
}

static void keep_alive(struct model *model)
{
    model->is_keeping_alive = true;
    pop3_protocol.timer(model->harness.session, PROTOCOL_TIMER_KEEP_ALIVE, 0);
    model->is_keeping_alive = false;
}

/* In the middle of a message, as its rest is not a valid reply to anything. */
static void be_silent(struct model *model)
{
    if (!pop3_protocol.wants_timer(model->harness.session, PROTOCOL_TIMER_SILENCE))
        return;
    model->is_lying = model->strict.is_lying = model->lax.is_lying = true;
    model->is_keeping_alive = true;
    pop3_protocol.timer(model->harness.session, PROTOCOL_TIMER_SILENCE, 0);
    model->is_keeping_alive = false;
}

static void tell_tls(struct model *model)
{
    if (model->harness.is_tls_starting[LEG_SERVER])
        harness_tls_started(&model->harness, LEG_SERVER);
    else if (model->harness.is_tls_starting[LEG_CLIENT])
        harness_tls_started(&model->harness, LEG_CLIENT);
}

/* Rarer events. */
static void accident(struct model *model, unsigned which, struct span *rest)
{
    switch (which % 8) {
    case 0: which & 8 ? expire(model, which >> 4) : time_out(model); break;
    case 1: pop3_protocol.stopping(model->harness.session); break;
    case 2: model->harness.client_at_end = model->is_client_over = true; break;
    case 3: pop3_protocol.lost(model->harness.session, LEG_CLIENT, ERR_CLIENT_GONE); break;
    case 4:
        model->harness.server_fault = ERR_SERVER_GONE;
        model->is_server_over = true;
        break;
    case 5: model->harness.spool_limit_octets = fuzz_byte(rest) % 32; break;
    case 6: model->harness.deliver_held = !model->harness.deliver_held; break;
    case 7: session_sides_lie(model, fuzz_byte(rest) % 16, rest); break;
    }
}

static void check(struct model *model)
{
    session_promises_look(model);
    must(model->strict.replies == model->lax.replies && model->strict.count == model->lax.count);
    must(model->strict.state == model->lax.state);
    must(model->strict.messages == model->done && model->lax.messages == model->done);
    must(!model->strict.is_farewell || model->harness.closed);
}

static void step(struct model *model, struct span *rest)
{
    unsigned event = fuzz_byte(rest), how = event >> 3;

    switch (event % 8) {
    case 0: session_sides_command(model, fuzz_byte(rest), rest); break;
    case 1: session_sides_give_client(model, how == 31 ? SIZE_MAX : how + 1); break;
    case 2: session_sides_answer(model, fuzz_byte(rest), rest); break;
    case 3: session_sides_give_server(model, how == 31 ? SIZE_MAX : 2 * how + 1); break;
    case 4: tell_verdict(model, how); break;
    case 5: tell_stored(model, how); break;
    case 6:
        if (how == 30)
            be_silent(model);
        else if (how == 28)
            tell_tls(model);
        else if (how % 2)
            pop3_protocol.timer(model->harness.session, PROTOCOL_TIMER_PATIENCE, how);
        else
            keep_alive(model);
        break;
    case 7: accident(model, how, rest); break;
    }
    if (!session_model_is_over(model))
        harness_pump(&model->harness);
    check(model);
}

/* From here on all parties behave well: then every command gets its reply. */
static void finish(struct model *model)
{
    struct span nothing = {"", 0};

    model->harness.deliver_held = false;
    for (int i = 0; i < ENDING && !session_model_is_over(model); i++) {
        if (harness_pop3(&model->harness)->session.phase == SESSION_SASL && model->commands.n == 0)
            buf_add(&model->commands, SPAN("*\r\n"));
        session_sides_give_client(model, SIZE_MAX);
        if (!session_model_is_over(model) && !model->is_server_over)
            session_sides_answer(model, 0, &nothing);
        if (!session_model_is_over(model))
            session_sides_give_server(model, SIZE_MAX);
        if (!session_model_is_over(model))
            tell_verdict(model, 0);
        if (!session_model_is_over(model))
            tell_stored(model, 0);
        if (!session_model_is_over(model))
            tell_tls(model);
        if (!session_model_is_over(model))
            harness_pump(&model->harness);
        check(model);
    }
    must(model->is_lying || session_model_is_over(model) || model->strict.count == 0);
}

static void init(struct model *model, struct span *rest)
{
    unsigned how = fuzz_byte(rest), actions = fuzz_byte(rest);
    struct conf *conf = &model->harness.conf;

    harness_init(&model->harness, &pop3_protocol);
    conf->listeners[PROTOCOL_POP3].tls = how & 1 ? TLS_BLOCK : TLS_PASS;
    conf->pop3.top = !(how & 2);
    conf->tls.mode = how & 8 ? TLS_MODE_INTERCEPT : TLS_MODE_OFF;
    conf->listeners[PROTOCOL_POP3].message_max_bytes = how & 4 ? 20 : UINT64_MAX;
    conf->policy.infected = actions & 1 ? ACTION_DELETE : ACTION_QUARANTINE;
    conf->policy.encrypted = actions & 2 ? ACTION_REFUSE : ACTION_DELIVER;
    conf->policy.limits = actions & 4 ? ACTION_DELIVER : ACTION_QUARANTINE;
    conf->policy.malformed = actions & 8 ? ACTION_DELIVER : ACTION_QUARANTINE;
    conf->policy.unsupported = actions & 16 ? ACTION_REFUSE : ACTION_DELETE;
    conf->policy.partial = actions & 64 ? ACTION_DELIVER : ACTION_QUARANTINE;
    conf->policy.ambiguous = actions & 2 ? ACTION_DELETE : ACTION_DELIVER;
    conf->policy.engine = actions & 128 ? ACTION_DELIVER : ACTION_QUARANTINE;
    conf->policy.failed = actions & 32 ? ACTION_DELIVER : ACTION_REFUSE;
    session_promises_init(model);
}

static void fini(struct model *model)
{
    harness_fini(&model->harness);
    session_view_fini(&model->strict);
    session_view_fini(&model->lax);
    buf_fini(&model->commands);
    buf_fini(&model->server_bytes);
    buf_fini(&model->server_line);
    for (unsigned i = 0; i < model->count; i++)
        buf_fini(&model->lines[i]);
    for (unsigned i = 0; i < model->contents_n; i++)
        buf_fini(&model->contents[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct model model;
    struct span rest = fuzz_span(data, size);

    memset(&model, 0, sizeof model);
    init(&model, &rest);
    for (int i = 0; i < STEPS && rest.n && !session_model_is_over(&model); i++)
        step(&model, &rest);
    finish(&model);
    fini(&model);
    return 0;
}
