/* The core of a session against its promises, whatever client, server, engine, keeper and clock do, in any
 * order: a message is delivered only after a verdict and by the policy, or released [P1], a notice only after
 * its original is stored [P3]; DELE and QUIT go to the server only when every message before has its outcome,
 * DELE of none that failed [S10]; each command has one reply, in order [S2]; no message ends that was not
 * delivered [P4]. The input: two bytes of configuration, then events, a byte each, with what they need. */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/session_view.h"
#include "tests/replay/harness.h"

enum { STEPS = 400, ENDING = 4000, LINES_MAX = 512, FAILED_MAX = 64, COMMANDS_MAX = 40000 };

struct model {
    struct harness harness; /* first: the context of its ops is this too */
    struct session_ops ops;
    const struct session_ops *base;
    struct session_view strict, lax;
    struct buf commands, server_bytes, server_line;
    struct buf lines[LINES_MAX];    /* that the server has to answer */
    bool is_response[LINES_MAX];    /* the line is one of SASL's */
    struct buf contents[LINES_MAX]; /* of the messages that an honest server sends */
    unsigned contents_n, contents_taken;
    size_t seen; /* of to_client */
    unsigned first, count, done, failed_n;
    uint32_t failed[FAILED_MAX];
    bool is_greeted, is_lying, is_client_over, is_server_over, is_response_due, is_keeping_alive;
    struct session_view_entry at_hand; /* the message that is being received, or was last */
    struct verdict verdict;
    bool has_verdict, is_stored, is_released, is_delivering;
};

static bool is_over(const struct model *model)
{
    return model->harness.closed || model->harness.tunnel;
}

static bool is_head(const struct session_view_entry *entry)
{
    return entry->command.verb == POP3_TOP && entry->command.lines == 0;
}

static unsigned find_failed(const struct model *model, uint32_t number)
{
    unsigned i = 0;

    while (i < model->failed_n && model->failed[i] != number)
        i++;
    return i;
}

/* Deliveries do not pass through the ops: the client sees what the harness has sent. */
static void look(struct model *model)
{
    struct span news = span_from(buf_span(&model->harness.to_client), model->seen);

    model->seen = model->harness.to_client.n;
    session_view_bytes(&model->strict, news);
    session_view_bytes(&model->lax, news);
}

static void on_client_bytes(void *context, struct span bytes)
{
    struct model *model = context;

    must(!model->harness.closed);
    model->base->send_client(context, bytes);
    look(model);
}

/* Commands go out as they are read, but DELE and QUIT, behind which nothing is read. */
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
    model->is_response[model->count % LINES_MAX] = model->is_response_due;
    if (model->is_response_due)
        model->is_response_due = false;
    else if (!model->is_keeping_alive)
        check_command(model, line);
    if (model->count == LINES_MAX)
        exit(2); /* more than STEPS commands */
    buf_add(&model->lines[model->count++], line);
    buf_clear(&model->server_line);
}

static void on_server_bytes(void *context, struct span bytes)
{
    struct model *model = context;

    must(!model->harness.closed && !model->harness.tunnel);
    look(model);
    model->base->send_server(context, bytes);
    buf_add(&model->server_line, bytes);
    if (span_ends(bytes, SPAN("\r\n")))
        take_server_line(model);
}

static void on_receive(void *context, enum session_receive mode)
{
    struct model *model = context;

    look(model);
    if (mode != SESSION_RECEIVE_NOTHING) {
        model->at_hand = *session_view_at(&model->strict, 0);
        must(session_view_is_message(&model->at_hand) && model->at_hand.is_sent);
        must(model->is_lying || model->contents_taken < model->contents_n);
        model->contents_taken++;
        must((mode == SESSION_RECEIVE_HEAD) == is_head(&model->at_hand));
        model->has_verdict = model->is_stored = model->is_released = model->is_delivering = false;
    }
    model->base->receive(context, mode);
}

static void check_spool(const struct model *model)
{
    struct span spool = buf_span(&model->harness.spool);

    must(spool.n >= model->harness.session.received.octets);
    spool = span_first(spool, (size_t)model->harness.session.received.octets);
    must(model->is_lying || span_eq(spool, buf_span(&model->contents[model->contents_taken - 1])));
}

static void on_scan(void *context)
{
    must(!((struct model *)context)->has_verdict);
    check_spool(context);
}

static enum action action_of(const struct model *model)
{
    const struct conf *conf = &model->harness.conf;
    const enum action unscannable[] = {ACTION_REFUSE, conf->policy.encrypted, conf->policy.limits,
                                       conf->policy.malformed, conf->policy.unsupported};

    switch ((enum verdict_kind)model->verdict.kind) {
    case VERDICT_CLEAN: return ACTION_DELIVER;
    case VERDICT_INFECTED: return conf->policy.infected;
    case VERDICT_UNSCANNABLE: return unscannable[model->verdict.reason];
    case VERDICT_FAILED: break;
    }
    return conf->policy.failed;
}

static void on_store(void *context, const struct verdict *verdict, bool destroy)
{
    struct model *model = context;

    must(model->has_verdict && verdict->kind != VERDICT_CLEAN && !model->is_delivering);
    must(model->harness.session.received.bare_dot || destroy == (action_of(model) == ACTION_DELETE));
}

static void on_deliver(void *context, enum session_source source, struct span lead, uint32_t body_lines)
{
    struct model *model = context;
    const struct pop3_command *command = &model->at_hand.command;
    bool is_cut = command->verb == POP3_TOP && command->lines > 0;

    must(!model->is_delivering);
    model->is_delivering = true;
    must(body_lines == (is_cut ? command->lines : SESSION_ALL_LINES));
    if (source == SESSION_NOTICE) {
        must(model->is_stored && lead.n == 0);
    } else if (!is_head(&model->at_hand)) {
        must(model->is_released || (model->has_verdict && action_of(model) == ACTION_DELIVER));
        must(lead.n == 0 || model->verdict.kind != VERDICT_CLEAN);
        check_spool(model);
    }
    model->base->deliver(context, source, lead, body_lines);
}

static void on_outcome(void *context, const struct session_outcome *outcome)
{
    struct model *model = context;
    unsigned at = find_failed(model, outcome->number);
    bool is_final = outcome->why == ERR_MESSAGE_TOO_LARGE || outcome->why == ERR_MESSAGE_REFUSED;

    must(outcome->number == model->at_hand.command.number);
    if (outcome->fate != SESSION_REFUSED) {
        must(model->is_delivering && !model->harness.deliver_pending);
        model->done++;
        if (!is_head(&model->at_hand) && at < model->failed_n)
            model->failed[at] = model->failed[--model->failed_n];
    } else if (!is_final && !is_head(&model->at_hand) && at == model->failed_n) {
        must(model->failed_n < FAILED_MAX);
        model->failed[model->failed_n++] = outcome->number;
    }
}

static void on_entered(void *context, const char *from, const char *to)
{
    if (strcmp(from, "SASL") == 0 && strcmp(to, "REPLY") == 0)
        ((struct model *)context)->is_response_due = true;
}

static void add_overlong(struct model *model)
{
    memset(buf_reserve(&model->commands, POP3_SASL_LINE_MAX), 'A', POP3_SASL_LINE_MAX);
    model->commands.n += POP3_SASL_LINE_MAX;
}

static void add_command(struct model *model, unsigned which, struct span *rest)
{
    static const char *const commands[] = {
        "RETR", "DELE",       "RETR", "TOP",  "QUIT", "LIST", "NOOP",
        "STAT", "UIDL",       "CAPA", "AUTH", "STLS", "RSET", "LANG",
        "UTF8", "AUTH PLAIN", "USER", "PASS", "XTND", "*",    "AUTH PLAIN AGEAYg==",
    };
    unsigned number = which >> 5, name = which % 32;

    if (model->commands.n > COMMANDS_MAX)
        return;
    if (name < sizeof commands / sizeof commands[0])
        buf_add(&model->commands, span_of(commands[name]));
    else if (name == 31)
        add_overlong(model);
    else
        for (unsigned n = fuzz_byte(rest) % 32; n; n--)
            buf_add_char(&model->commands, (char)fuzz_byte(rest));
    if (number)
        buf_add_format(&model->commands, " %u", number);
    if (name == 3)
        buf_add_format(&model->commands, " %u", fuzz_byte(rest) % 3U);
    buf_add(&model->commands, SPAN("\r\n"));
}

/* Before the client's line is taken: it will be owed a reply, unless it is part of SASL. */
static void expect_reply(struct model *model, struct span bytes)
{
    struct buf line = {0};

    buf_add(&line, buf_span(&model->harness.client_in));
    buf_add(&line, bytes);
    while (line.n && line.p[line.n - 1] == '\n')
        line.n--;
    if (line.n < model->harness.client_in.n + bytes.n && line.n && line.p[line.n - 1] == '\r')
        line.n--;
    session_view_command(&model->strict, buf_span(&line));
    session_view_command(&model->lax, buf_span(&line));
    buf_fini(&line);
}

/* One line at most, and only while it is wanted: it is known then what it is. */
static void give_client(struct model *model, size_t most)
{
    struct span all = buf_span(&model->commands);
    const char *lf = all.n ? memchr(all.p, '\n', all.n) : NULL;
    struct span bytes = span_first(all, lf ? (size_t)(lf - all.p) + 1 : all.n);
    bool is_line, is_overlong;

    if (all.n == 0 || model->is_client_over || !session_wants_client(&model->harness.session))
        return;
    bytes = span_first(bytes, most);
    is_line = span_ends(bytes, SPAN("\n"));
    is_overlong = model->harness.client_in.n + bytes.n > POP3_SASL_LINE_MAX + 1;
    if ((is_line || is_overlong) && !model->harness.wire.client_dropping &&
        model->harness.session.phase != SESSION_SASL)
        expect_reply(model, bytes);
    harness_client_bytes(&model->harness, bytes);
    memmove(model->commands.p, model->commands.p + bytes.n, all.n - bytes.n);
    model->commands.n -= bytes.n;
}

static void give_server(struct model *model, size_t most)
{
    struct span bytes = span_first(buf_span(&model->server_bytes), most);

    if (bytes.n == 0 || model->is_server_over)
        return;
    harness_server_bytes(&model->harness, bytes);
    memmove(model->server_bytes.p, model->server_bytes.p + bytes.n, model->server_bytes.n - bytes.n);
    model->server_bytes.n -= bytes.n;
}

static void add_bytes(void *context, struct span bytes)
{
    buf_add(context, bytes);
}

static void answer_message(struct model *model, unsigned how, struct span *rest)
{
    static const char *const contents[] = {"Subject: a\r\n\r\n.dot\r\nb\r\nc\r\n", "no field\r\n", "",
                                           "A: b\r\n\r\nx\n.\ny\r\n", "\r\n.\r\n"};
    struct delivery delivery;
    struct buf *content = &model->contents[model->contents_n];

    must(model->contents_n < LINES_MAX);
    model->contents_n++;
    if (how % 8 < 5)
        buf_add(content, span_of(contents[how % 8]));
    for (unsigned n = how % 8 < 5 ? 0 : fuzz_byte(rest) % 64; n; n--)
        buf_add_char(content, (char)fuzz_byte(rest));
    if (content->n && !span_ends(buf_span(content), SPAN("\r\n")))
        buf_add(content, SPAN("\r\n"));
    buf_add(&model->server_bytes, SPAN("+OK\r\n"));
    delivery_init(&delivery, SESSION_ALL_LINES, POP3_DOTS_ANYWHERE, add_bytes, &model->server_bytes);
    delivery_content(&delivery, buf_span(content));
    delivery_end(&delivery);
}

/* The server's answer to what it was sent first, in whatever form that may be answered. */
static void answer(struct model *model, unsigned how, struct span *rest)
{
    struct buf *line = model->count > model->first ? &model->lines[model->first] : NULL;
    struct pop3_command command;

    if (!model->is_greeted) {
        model->is_greeted = true;
        buf_add(&model->server_bytes, how == 255 ? SPAN("-ERR not now\r\n") : SPAN("+OK ready\r\n"));
        return;
    }
    if (!line)
        return;
    if (model->is_response[model->first++]) {
        buf_add(&model->server_bytes, how % 8 == 7 ? SPAN("-ERR\r\n") : SPAN("+OK\r\n"));
    } else if (how % 8 == 7) {
        buf_add_format(&model->server_bytes, "-ERR #%.*s\r\n", (int)line->n, line->p);
    } else if (pop3_command_parse(buf_span(line), &command) != POP3_PARSED) {
        must(false);
    } else if (pop3_command_shape(&command) == POP3_MESSAGE) {
        answer_message(model, how, rest);
    } else if (pop3_command_shape(&command) == POP3_SASL && how % 2) {
        buf_add(&model->server_bytes, SPAN("+ \r\n"));
    } else {
        buf_add_format(&model->server_bytes, "+OK #%.*s\r\n", line->n > 4000 ? 0 : (int)line->n, line->p);
        if (pop3_command_shape(&command) == POP3_MULTI)
            buf_add_format(&model->server_bytes, "1 %u\r\nSTLS\r\n.\r\n", how);
    }
}

static void lie(struct model *model, unsigned n, struct span *rest)
{
    model->is_lying = model->strict.is_lying = model->lax.is_lying = true;
    for (; n; n--)
        buf_add_char(&model->server_bytes, (char)fuzz_byte(rest));
}

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
    };

    if (model->harness.session.phase != SESSION_SCANNING)
        return;
    model->verdict = verdicts[how % (sizeof verdicts / sizeof verdicts[0])];
    model->has_verdict = true;
    session_verdict(&model->harness.session, &model->verdict);
}

static void tell_stored(struct model *model, unsigned how)
{
    if (model->harness.session.phase != SESSION_STORING)
        return;
    if (how % 3 == 0) {
        model->is_stored = true;
        session_stored(&model->harness.session, model->harness.notice.n);
    } else if (how % 3 == 1) {
        model->is_released = true;
        session_released(&model->harness.session);
    } else {
        session_store_failed(&model->harness.session);
    }
}

static void time_out(struct model *model)
{
    if (model->harness.session.phase == SESSION_SCANNING) {
        model->verdict = (struct verdict){.kind = VERDICT_FAILED};
        model->has_verdict = true;
    }
    session_timed_out(&model->harness.session);
}

static void keep_alive(struct model *model)
{
    model->is_keeping_alive = true;
    session_keep_alive(&model->harness.session);
    model->is_keeping_alive = false;
}

/* What happens less often. */
static void accident(struct model *model, unsigned which, struct span *rest)
{
    struct session *session = &model->harness.session;

    switch (which % 8) {
    case 0: time_out(model); break;
    case 1: session_stop(session); break;
    case 2: model->harness.client_at_end = model->is_client_over = true; break;
    case 3: session_client_gone(session); break;
    case 4:
        model->harness.server_fault = ERR_SERVER_GONE;
        model->is_server_over = true;
        break;
    case 5: model->harness.spool_limit_octets = fuzz_byte(rest) % 32; break;
    case 6: model->harness.deliver_held = !model->harness.deliver_held; break;
    case 7: lie(model, fuzz_byte(rest) % 16, rest); break;
    }
}

static void check(struct model *model)
{
    look(model);
    must(model->strict.replies == model->lax.replies && model->strict.count == model->lax.count);
    must(model->strict.state == model->lax.state);
    must(model->strict.messages == model->done && model->lax.messages == model->done);
    must(!model->strict.is_farewell || model->harness.closed);
}

static void step(struct model *model, struct span *rest)
{
    unsigned event = fuzz_byte(rest), how = event >> 3;

    switch (event % 8) {
    case 0: add_command(model, fuzz_byte(rest), rest); break;
    case 1: give_client(model, how == 31 ? SIZE_MAX : how + 1); break;
    case 2: answer(model, fuzz_byte(rest), rest); break;
    case 3: give_server(model, how == 31 ? SIZE_MAX : 2 * how + 1); break;
    case 4: tell_verdict(model, how); break;
    case 5: tell_stored(model, how); break;
    case 6:
        if (how % 2)
            wire_waited(&model->harness.wire, how);
        else
            keep_alive(model);
        break;
    case 7: accident(model, how, rest); break;
    }
    if (!is_over(model))
        harness_pump(&model->harness);
    check(model);
}

/* From here on all do their best: then every command gets its reply. */
static void finish(struct model *model)
{
    struct span nothing = {"", 0};

    model->harness.deliver_held = false;
    for (int i = 0; i < ENDING && !is_over(model); i++) {
        if (model->harness.session.phase == SESSION_SASL && model->commands.n == 0)
            buf_add(&model->commands, SPAN("*\r\n"));
        give_client(model, SIZE_MAX);
        if (!is_over(model) && !model->is_server_over)
            answer(model, 0, &nothing);
        if (!is_over(model))
            give_server(model, SIZE_MAX);
        if (!is_over(model))
            tell_verdict(model, 0);
        if (!is_over(model))
            tell_stored(model, 0);
        if (!is_over(model))
            harness_pump(&model->harness);
        check(model);
    }
    must(model->is_lying || is_over(model) || model->strict.count == 0);
}

static void init(struct model *model, struct span *rest)
{
    unsigned how = fuzz_byte(rest), actions = fuzz_byte(rest);
    struct conf *conf = &model->harness.conf;

    harness_init(&model->harness);
    conf->pop3.tls = how & 1 ? TLS_BLOCK : TLS_PASS;
    conf->pop3.top = !(how & 2);
    conf->pop3.message_max_bytes = how & 4 ? 20 : UINT64_MAX;
    conf->policy.infected = actions & 1 ? ACTION_DELETE : ACTION_QUARANTINE;
    conf->policy.encrypted = actions & 2 ? ACTION_REFUSE : ACTION_DELIVER;
    conf->policy.limits = actions & 4 ? ACTION_DELIVER : ACTION_QUARANTINE;
    conf->policy.malformed = actions & 8 ? ACTION_DELIVER : ACTION_QUARANTINE;
    conf->policy.unsupported = actions & 16 ? ACTION_REFUSE : ACTION_DELETE;
    conf->policy.failed = actions & 32 ? ACTION_DELIVER : ACTION_REFUSE;
    model->base = model->harness.session.ops;
    model->ops = *model->base;
    model->ops.send_client = on_client_bytes;
    model->ops.send_server = on_server_bytes;
    model->ops.receive = on_receive;
    model->ops.scan = on_scan;
    model->ops.store = on_store;
    model->ops.deliver = on_deliver;
    model->ops.outcome = on_outcome;
    model->ops.entered = on_entered;
    model->harness.session.ops = &model->ops;
    session_view_init(&model->strict, false);
    session_view_init(&model->lax, true);
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
    for (int i = 0; i < STEPS && rest.n && !is_over(&model); i++)
        step(&model, &rest);
    finish(&model);
    fini(&model);
    return 0;
}
