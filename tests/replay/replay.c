/* replay FILE...: plays scenarios of a session and compares every line of the transcript.
 *
 * A scenario consists of lines. Input:
 *     client: TEXT         a line from the client (CRLF is added); adjacent ones arrive in one packet
 *     server: TEXT         a line from the server
 *     client! TEXT         raw bytes, with \r \n \0 \xNN \\; no line end is added
 *     server! TEXT
 *     verdict: clean | infected NAME | unscannable REASON [NAME] | failed | busy
 *     stored | released | store failed | client ended | client gone | server failed ERR | timeout | stop
 *     expired ERR          the shell ends the session for this reason
 *     server ended ERR     reported when all bytes of the server are consumed
 *     waited SECONDS | keepalive | silence      the shell's timers
 *     user is NAME         the user name that would be passed to the quarantine; empty: unknown
 *     tls server | tls client | reconnected       of core/protocol.h
 *     hold delivery | deliver     the client reads only at `deliver`
 *     set KEY VALUE        tls pass|block, intercept, require, top yes|no, message_max N, spool_max N,
 * last_write ok|fails, space N, spool_fault ERR, POLICY ACTION Expected output, complete and in order, before
 * the next input: > to client: TEXT > to server: TEXT > start tls LEG > scan > store ... > destroy ... >
 * tunnel > close ERR
 *
 * Each scenario is played with the bytes of both sides as a whole, byte by byte, and cut at random. */

#include "harness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { RANDOM_ROUNDS = 25 };

static const char *file_name;
static unsigned line_number;
static const char *mode_name;

static void fail(const char *what, struct span expected, struct span got)
{
    fprintf(stderr, "%s:%u: %s (bytes %s)\n  expected: %.*s\n  got:      %.*s\n", file_name, line_number,
            what, mode_name, (int)expected.n, expected.p, (int)got.n, got.p);
    exit(1);
}

static struct span after(struct span line, const char *prefix)
{
    return span_from(line, strlen(prefix));
}

static bool is(struct span line, const char *prefix)
{
    return span_starts(line, span_of(prefix));
}

static int hex(char c)
{
    return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

static void unescape(struct span text, struct buf *out)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        if (c == '\\' && i + 1 < text.n) {
            c = text.p[++i];
            if (c == 'x' && i + 2 < text.n) {
                c = (char)(hex(text.p[i + 1]) << 4 | hex(text.p[i + 2]));
                i += 2;
            } else {
                c = c == 'r' ? '\r' : c == 'n' ? '\n' : c == '0' ? '\0' : c;
            }
        }
        buf_add_char(out, c);
    }
}

static size_t whole(size_t n)
{
    return n;
}

static size_t one(size_t n)
{
    return 1;
}

static size_t any(size_t n)
{
    return 1 + (size_t)rand() % n;
}

struct player {
    struct harness harness;
    struct buf client, server; /* collected, but not given yet */
    size_t (*cut)(size_t);
    size_t compared; /* number of transcript bytes compared */
};

static void give(struct player *player, struct buf *from, void (*into)(struct harness *, struct span))
{
    struct span rest = buf_span(from);

    while (rest.n) {
        struct span piece = span_first(rest, player->cut(rest.n));

        into(&player->harness, piece);
        rest = span_from(rest, piece.n);
    }
    buf_clear(from);
}

static void give_all(struct player *player)
{
    give(player, &player->client, harness_client_bytes);
    give(player, &player->server, harness_server_bytes);
}

static struct span next_output(struct player *player)
{
    struct span rest = span_from(buf_span(&player->harness.transcript), player->compared);
    const char *end = rest.n ? memchr(rest.p, '\n', rest.n) : NULL;

    if (!end)
        return (struct span){"", 0};
    rest.n = (size_t)(end - rest.p);
    player->compared += rest.n + 1;
    return rest;
}

static void expect(struct player *player, struct span expected)
{
    struct span got = next_output(player);

    if (!span_eq(expected, got))
        fail("it did something else", expected, got);
}

static void expect_nothing_more(struct player *player)
{
    struct span got = next_output(player);

    if (got.n)
        fail("it did more", SPAN("(nothing)"), got);
}

static enum err find_err(struct span name)
{
    for (int i = 0; i < ERR_COUNT; i++)
        if (span_eq(name, span_of(err_name((enum err)i))))
            return (enum err)i;
    fail("unknown reason", SPAN("a name of base/err"), name);
    return ERR_NONE;
}

static struct verdict read_verdict(struct span text)
{
    struct verdict verdict = {0};
    struct span name = {text.p, 0};

    if (is(text, "clean")) {
        verdict_set(&verdict, VERDICT_CLEAN, UNSCANNABLE_NONE, name);
    } else if (is(text, "infected ")) {
        verdict_set(&verdict, VERDICT_INFECTED, UNSCANNABLE_NONE, after(text, "infected "));
    } else if (is(text, "unscannable ")) {
        for (int reason = UNSCANNABLE_ENCRYPTED; reason <= UNSCANNABLE_ENGINE; reason++)
            if (is(after(text, "unscannable "), verdict_unscannable_name((enum unscannable)reason)))
                verdict_set(&verdict, VERDICT_UNSCANNABLE, (enum unscannable)reason, name);
    } else if (is(text, "busy")) {
        verdict_set_busy(&verdict);
    } else if (!is(text, "failed")) {
        fail("unknown verdict", SPAN("clean, infected NAME, unscannable REASON, failed, busy"), text);
    }
    return verdict;
}

static enum action read_action(struct span text)
{
    if (is(text, "quarantine"))
        return ACTION_QUARANTINE;
    if (is(text, "delete"))
        return ACTION_DELETE;
    return is(text, "deliver") ? ACTION_DELIVER : ACTION_REFUSE;
}

static uint64_t read_number(struct span text)
{
    char digits[24] = "";

    memcpy(digits, text.p, text.n < 23 ? text.n : 23);
    return strtoull(digits, NULL, 10);
}

static void set(struct harness *harness, struct span text)
{
    if (is(text, "intercept"))
        harness->conf.tls.mode = TLS_MODE_INTERCEPT;
    else if (is(text, "require"))
        harness->conf.tls.require = true;
    else if (is(text, "tls "))
        harness->conf.listeners[PROTOCOL_POP3].tls = is(text, "tls block") ? TLS_BLOCK : TLS_PASS;
    else if (is(text, "top "))
        harness->conf.pop3.top = is(text, "top yes");
    else if (is(text, "message_max "))
        harness->conf.listeners[PROTOCOL_POP3].message_max_bytes = read_number(after(text, "message_max "));
    else if (is(text, "spool_max "))
        harness->spool_limit_octets = read_number(after(text, "spool_max "));
    else if (is(text, "last_write "))
        harness->is_last_write_failing = is(text, "last_write fails");
    else if (is(text, "space "))
        harness->free_octets = read_number(after(text, "space "));
    else if (is(text, "spool_fault "))
        harness->spool_fault = find_err(after(text, "spool_fault "));
    else if (is(text, "infected "))
        harness->conf.policy.infected = read_action(after(text, "infected "));
    else if (is(text, "encrypted "))
        harness->conf.policy.encrypted = read_action(after(text, "encrypted "));
    else if (is(text, "limits "))
        harness->conf.policy.limits = read_action(after(text, "limits "));
    else if (is(text, "malformed "))
        harness->conf.policy.malformed = read_action(after(text, "malformed "));
    else if (is(text, "failed "))
        harness->conf.policy.failed = read_action(after(text, "failed "));
    else
        fail("unknown setting", SPAN(""), text);
}

static void play_event(struct harness *harness, struct span line)
{
    const struct protocol *protocol = harness->protocol;
    void *session = harness->session;

    if (is(line, "verdict: ")) {
        struct verdict verdict = read_verdict(after(line, "verdict: "));

        harness_scanned(harness, &verdict);
    } else if (is(line, "stored")) {
        harness_stored(harness, PROTOCOL_STORED);
    } else if (is(line, "released")) {
        harness_stored(harness, PROTOCOL_STORED_RELEASED);
    } else if (is(line, "store failed")) {
        harness_stored(harness, PROTOCOL_STORE_FAILED);
    } else if (is(line, "client ended")) {
        harness->client_at_end = true;
    } else if (is(line, "client gone")) {
        protocol->lost(session, LEG_CLIENT, ERR_CLIENT_GONE);
    } else if (is(line, "server failed ")) {
        protocol->lost(session, LEG_SERVER, find_err(after(line, "server failed ")));
    } else if (is(line, "tls server")) {
        harness_tls_started(harness, LEG_SERVER);
    } else if (is(line, "tls client")) {
        harness_tls_started(harness, LEG_CLIENT);
    } else if (is(line, "reconnected")) {
        harness->is_tls_starting[LEG_SERVER] = false;
        protocol->reconnected(session);
    } else if (is(line, "server ended ")) {
        harness->server_fault = find_err(after(line, "server ended "));
    } else if (is(line, "waited ")) {
        protocol->timer(session, PROTOCOL_TIMER_PATIENCE, read_number(after(line, "waited ")));
    } else if (is(line, "silence")) {
        if (!protocol->wants_timer(session, PROTOCOL_TIMER_SILENCE))
            fail("a silence", SPAN("a message that might be over"), SPAN("none"));
        protocol->timer(session, PROTOCOL_TIMER_SILENCE, 0);
    } else if (is(line, "idle")) {
        if (!protocol->wants_timer(session, PROTOCOL_TIMER_IDLE))
            fail("an idle session", SPAN("memory that it can free"), SPAN("none"));
        protocol->timer(session, PROTOCOL_TIMER_IDLE, 0);
    } else if (is(line, "keepalive")) {
        protocol->timer(session, PROTOCOL_TIMER_KEEP_ALIVE, 0);
    } else if (is(line, "expired ")) {
        protocol->expired(session, find_err(after(line, "expired ")));
    } else if (is(line, "timeout")) {
        protocol->timed_out(session);
    } else if (is(line, "stop")) {
        protocol->stopping(session);
    } else if (is(line, "user is")) {
        if (!span_eq(span_trim(after(line, "user is")), span_of(protocol->user(session))))
            fail("another user", line, span_of(protocol->user(session)));
    } else if (is(line, "hold delivery")) {
        harness->deliver_held = true;
    } else if (is(line, "deliver")) {
        harness->deliver_held = false;
    } else {
        fail("unknown line", SPAN(""), line);
    }
    harness_pump(harness);
}

static void play_line(struct player *player, struct span line)
{
    bool client = is(line, "client: ") || is(line, "client! ");
    bool server = is(line, "server: ") || is(line, "server! ") || span_eq(line, SPAN("server:"));
    struct buf *gather = client ? &player->client : &player->server;

    if (line.n == 0 || line.p[0] == '#')
        return;
    if (client || server) {
        if (player->harness.transcript.n > player->compared)
            expect_nothing_more(player);
        unescape(after(line, "client: "), gather);
        if (line.p[6] == ':')
            buf_add(gather, SPAN("\r\n"));
        return;
    }
    give_all(player);
    if (is(line, "> ")) {
        expect(player, after(line, "> "));
        return;
    }
    expect_nothing_more(player);
    if (is(line, "set "))
        set(&player->harness, after(line, "set "));
    else
        play_event(&player->harness, line);
}

static void play(struct span scenario, const char *mode, size_t (*cut)(size_t))
{
    struct player player = {.cut = cut};

    mode_name = mode;
    line_number = 0;
    harness_init(&player.harness, &pop3_protocol);
    while (scenario.n) {
        const char *end = memchr(scenario.p, '\n', scenario.n);
        size_t n = end ? (size_t)(end - scenario.p) : scenario.n;

        line_number++;
        play_line(&player, span_first(scenario, n));
        scenario = span_from(scenario, n + 1);
    }
    give_all(&player);
    expect_nothing_more(&player);
    harness_fini(&player.harness);
    buf_fini(&player.client);
    buf_fini(&player.server);
}

static void read_file(const char *path, struct buf *text)
{
    FILE *file = fopen(path, "r");
    size_t n;

    if (!file) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
    while ((n = fread(buf_reserve(text, 4096), 1, 4096, file)) > 0)
        text->n += n;
    fclose(file);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct buf text = {0};

        file_name = argv[i];
        read_file(argv[i], &text);
        play(buf_span(&text), "whole", whole);
        play(buf_span(&text), "one by one", one);
        srand(1);
        for (int round = 0; round < RANDOM_ROUNDS; round++)
            play(buf_span(&text), "in random cuts", any);
        buf_fini(&text);
    }
    return argc > 1 ? 0 : 1;
}
