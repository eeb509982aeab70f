/* Random sessions checked against the promises: whatever client, server, engine and keeper do, in whatever
 * order and cuts,
 *   - every command gets exactly its reply, in order, until the session is closed [S2];
 *   - no message reaches the client unless its verdict is clean or it was released [P1], and such a
 *     message is unmodified [P2];
 *   - a DELE or QUIT reaches the server only when every earlier RETR had its outcome, and never a DELE of a
 *     message if its last RETR failed [S10]. */

#include "harness.h"
#include "pop3/pop3_replies.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { SESSIONS = 3000, COMMANDS = 40, NUMBERS = 5 };

/* The server's model: it answers, and checks that it receives nothing forbidden. */
struct model {
    struct harness harness;
    struct buf commands;         /* from the client, not given yet */
    struct buf expected;         /* replies that the client must receive */
    struct buf server_bytes;     /* answers, not given yet */
    size_t server_taken;         /* bytes of to_server that were read */
    size_t scans_seen;           /* scans in the transcript that were counted */
    unsigned retrieved, settled; /* RETRs that reached the server; those with an outcome */
    unsigned order[COMMANDS];    /* message numbers, in the order of RETR */
    bool undelivered[NUMBERS + 1];
    unsigned serial;
};

static unsigned pick(unsigned below)
{
    return (unsigned)rand() % below;
}

static void give_some(struct model *model, struct buf *from, void (*into)(struct harness *, struct span))
{
    size_t n = from->n ? 1 + pick((unsigned)(from->n < 40 ? from->n : 40)) : 0;

    if (n == 0)
        return;
    into(&model->harness, (struct span){from->p, n});
    memmove(from->p, from->p + n, from->n - n);
    from->n -= n;
}

static void answer_retr(struct model *model, unsigned number)
{
    assert_true(model->retrieved < COMMANDS);
    model->order[model->retrieved++] = number;
    buf_add_format(&model->server_bytes, "+OK\r\nX-Serial: %u\r\n\r\n..dot %u\r\n.\r\n", model->serial++,
                   number);
}

static void answer_line(struct model *model, const char *line)
{
    unsigned number = 0;

    if (sscanf(line, "RETR %u", &number) == 1) {
        answer_retr(model, number);
        return;
    }
    if (sscanf(line, "DELE %u", &number) == 1) {
        assert_int_equal(model->settled, model->retrieved);
        assert_false(model->undelivered[number]);
    }
    if (strncmp(line, "QUIT", 4) == 0)
        assert_int_equal(model->settled, model->retrieved);
    buf_add_format(&model->server_bytes, "+OK %s", line);
}

/* Reads complete lines that the server has received. */
static void serve(struct model *model)
{
    struct buf *sent = &model->harness.out[LEG_SERVER];

    while (model->server_taken < sent->n) {
        struct span rest = span_from(buf_span(sent), model->server_taken);
        const char *end = memchr(rest.p, '\n', rest.n);
        char *line = mem_copy_string(span_first(rest, (size_t)(end - rest.p) + 1));

        answer_line(model, line);
        model->server_taken += strlen(line);
        free(line);
    }
}

static void settle(struct model *model, bool delivered)
{
    model->undelivered[model->order[model->settled++]] = !delivered;
}

static void expect_message(struct model *model)
{
    struct buf *spool = &model->harness.message->content;

    buf_add_format(&model->expected, "+OK %zu octets\r\n", spool->n);
    for (size_t i = 0; i < spool->n; i++) {
        if (spool->p[i] == '.' && i >= 2 && spool->p[i - 2] == '\r' && spool->p[i - 1] == '\n')
            buf_add_char(&model->expected, '.');
        buf_add_char(&model->expected, spool->p[i]);
    }
    buf_add(&model->expected, SPAN(".\r\n"));
}

static void expect_notice(struct model *model)
{
    buf_add_format(&model->expected, "+OK %zu octets\r\n", model->harness.notice.n);
    buf_add(&model->expected, buf_span(&model->harness.notice));
    buf_add(&model->expected, SPAN(".\r\n"));
}

static void expect_err(struct model *model, enum err why)
{
    pop3_replies_refuse(why, &model->expected);
}

static void finish_store(struct model *model)
{
    if (pick(5) == 0) {
        expect_message(model);
        settle(model, true);
        harness_stored(&model->harness, PROTOCOL_STORED_RELEASED);
    } else if (pick(3)) {
        expect_notice(model);
        settle(model, true);
        harness_stored(&model->harness, PROTOCOL_STORED);
    } else {
        expect_err(model, ERR_STORE_FAILED);
        settle(model, false);
        harness_stored(&model->harness, PROTOCOL_STORE_FAILED);
    }
}

/* The engine returns any verdict; outcomes are in the order of the RETRs. */
static void finish_scan(struct model *model)
{
    struct verdict verdict = {.kind = (uint8_t)pick(3)};

    if (verdict.kind == VERDICT_CLEAN) {
        expect_message(model);
        settle(model, true);
    } else if (verdict.kind == VERDICT_FAILED) {
        expect_err(model, ERR_ENGINE_FAILED);
        settle(model, false);
    }
    harness_scanned(&model->harness, &verdict);
}

static void step(struct model *model)
{
    serve(model);
    switch (pick(4)) {
    case 0: give_some(model, &model->commands, harness_client_bytes); break;
    case 1: give_some(model, &model->server_bytes, harness_server_bytes); break;
    case 2:
        if (harness_pop3(&model->harness)->session.phase == SESSION_SCANNING)
            finish_scan(model);
        break;
    case 3:
        if (harness_pop3(&model->harness)->session.phase == SESSION_STORING)
            finish_store(model);
        break;
    }
    if (!model->harness.closed)
        harness_pump(&model->harness);
}

static bool is_over(const struct model *model)
{
    const struct pop3_session *session = &harness_pop3(&model->harness)->session;

    return model->harness.closed || (session->phase == SESSION_IDLE && model->commands.n == 0 &&
                                     model->harness.in[LEG_CLIENT].n == 0 && model->server_bytes.n == 0);
}

static void write_commands(struct model *model)
{
    for (unsigned i = pick(COMMANDS); i; i--) {
        unsigned number = 1 + pick(NUMBERS);

        switch (pick(5)) {
        case 0:
        case 1: buf_add_format(&model->commands, "RETR %u\r\n", number); break;
        case 2: buf_add_format(&model->commands, "DELE %u\r\n", number); break;
        case 3: buf_add_format(&model->commands, "LIST %u\r\n", number); break;
        case 4: buf_add(&model->commands, SPAN("XTND XMIT\r\n")); break;
        }
    }
    if (pick(2))
        buf_add(&model->commands, SPAN("QUIT\r\n"));
}

/* Finds the expected messages in the client's bytes, in order. Replies of one line may come between;
 * check_replies counts them. */
static void check_messages(struct model *model)
{
    struct span got = buf_span(&model->harness.out[LEG_CLIENT]);
    struct span want = buf_span(&model->expected);

    while (want.n && got.n) {
        const char *end = memchr(got.p, '\n', got.n);
        size_t n = (size_t)(end - got.p) + 1;

        if (want.n >= n && memcmp(want.p, got.p, n) == 0)
            want = span_from(want, n);
        got = span_from(got, n);
    }
    assert_int_equal(want.n, 0);
}

static unsigned count(struct span text, const char *what)
{
    unsigned n = 0;

    for (const char *at; text.n && (at = memmem(text.p, text.n, what, strlen(what)));) {
        n++;
        text = span_from(text, (size_t)(at - text.p) + strlen(what));
    }
    return n;
}

/* One status line per command, except for lines within messages, which never contain "+OK " or "-ERR ". */
static void check_replies(struct model *model, unsigned commands)
{
    struct span got = buf_span(&model->harness.out[LEG_CLIENT]);

    assert_int_equal(count(got, "+OK ") + count(got, "-ERR "), commands + 1);
}

static void play(unsigned seed)
{
    struct model model = {0};
    unsigned commands;

    srand(seed);
    harness_init(&model.harness, &pop3_protocol);
    write_commands(&model);
    commands = count(buf_span(&model.commands), "\r\n");
    buf_add(&model.server_bytes, SPAN("+OK ready\r\n"));
    for (int steps = 0; !is_over(&model); steps++) {
        assert_true(steps < 100000);
        step(&model);
        serve(&model);
    }
    check_messages(&model);
    check_replies(&model, commands);
    assert_int_equal(model.settled, model.retrieved);
    harness_fini(&model.harness);
    buf_fini(&model.commands);
    buf_fini(&model.expected);
    buf_fini(&model.server_bytes);
}

static void keeps_its_promises(void **state)
{
    for (unsigned seed = 1; seed <= SESSIONS; seed++)
        play(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(keeps_its_promises)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
