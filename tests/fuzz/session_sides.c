#include "tests/fuzz/session_model.h"

enum { COMMANDS_MAX = 40000 };

static void add_overlong(struct model *model)
{
    memset(buf_reserve(&model->commands, POP3_SASL_LINE_MAX), 'A', POP3_SASL_LINE_MAX);
    model->commands.n += POP3_SASL_LINE_MAX;
}

void session_sides_command(struct model *model, unsigned which, struct span *rest)
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

/* Before the client's line is taken: it will need a reply, unless it is part of a SASL exchange. */
static void expect_reply(struct model *model, struct span bytes)
{
    struct buf line = {0};

    buf_add(&line, buf_span(&model->harness.in[LEG_CLIENT]));
    buf_add(&line, bytes);
    while (line.n && line.p[line.n - 1] == '\n')
        line.n--;
    if (line.n < model->harness.in[LEG_CLIENT].n + bytes.n && line.n && line.p[line.n - 1] == '\r')
        line.n--;
    session_view_command(&model->strict, buf_span(&line), session_model_is_altered, model);
    session_view_command(&model->lax, buf_span(&line), session_model_is_altered, model);
    buf_fini(&line);
}

void session_sides_give_client(struct model *model, size_t most)
{
    struct span all = buf_span(&model->commands);
    const char *lf = all.n ? memchr(all.p, '\n', all.n) : NULL;
    struct span bytes = span_first(all, lf ? (size_t)(lf - all.p) + 1 : all.n);
    bool is_line, is_overlong;

    if (all.n == 0 || model->is_client_over ||
        !pop3_session_wants_client(&harness_pop3(&model->harness)->session))
        return;
    bytes = span_first(bytes, most);
    is_line = span_ends(bytes, SPAN("\n"));
    is_overlong = model->harness.in[LEG_CLIENT].n + bytes.n > POP3_SASL_LINE_MAX + 1;
    if ((is_line || is_overlong) && !harness_pop3(&model->harness)->wire.client_dropping &&
        harness_pop3(&model->harness)->session.phase != SESSION_SASL)
        expect_reply(model, bytes);
    harness_client_bytes(&model->harness, bytes);
    memmove(model->commands.p, model->commands.p + bytes.n, all.n - bytes.n);
    model->commands.n -= bytes.n;
}

void session_sides_give_server(struct model *model, size_t most)
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
    struct pop3_delivery delivery;
    struct buf *content = &model->contents[model->contents_n];

    must(model->contents_n < SESSION_LINES_MAX);
    model->contents_n++;
    if (how % 8 < 5)
        buf_add(content, span_of(contents[how % 8]));
    for (unsigned n = how % 8 < 5 ? 0 : fuzz_byte(rest) % 64; n; n--)
        buf_add_char(content, (char)fuzz_byte(rest));
    if (content->n && !span_ends(buf_span(content), SPAN("\r\n")))
        buf_add(content, SPAN("\r\n"));
    buf_add(&model->server_bytes, SPAN("+OK\r\n"));
    pop3_delivery_init(&delivery, POP3_SESSION_ALL_LINES, POP3_DOTS_ANYWHERE, add_bytes,
                       &model->server_bytes);
    pop3_delivery_content(&delivery, buf_span(content));
    pop3_delivery_end(&delivery);
}

void session_sides_answer(struct model *model, unsigned how, struct span *rest)
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

void session_sides_lie(struct model *model, unsigned n, struct span *rest)
{
    model->is_lying = model->strict.is_lying = model->lax.is_lying = true;
    for (; n; n--)
        buf_add_char(&model->server_bytes, (char)fuzz_byte(rest));
}
