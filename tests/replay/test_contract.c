/* Plays a session of tests/echo, a protocol that src/ does not know, by the contract and the harness of POP3,
 * with its bytes in any cuts. */

#include "harness.h"
#include "tests/echo/echo_protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

static void give(struct harness *harness, void (*into)(struct harness *, struct span), struct span bytes,
                 size_t piece)
{
    for (; bytes.n; bytes = span_from(bytes, piece))
        into(harness, span_first(bytes, piece));
}

static void play(size_t piece, struct span expected, const struct verdict *verdict)
{
    struct harness harness;

    harness_init(&harness, &echo_protocol);
    give(&harness, harness_server_bytes, SPAN("HELLO\r\n"), piece);
    give(&harness, harness_client_bytes, SPAN("GET a\r\nWHAT\r\nBYE\r\n"), piece);
    give(&harness, harness_server_bytes, SPAN("5\r\n1\n2\r\n"), piece);
    assert_int_equal(harness.out[LEG_CLIENT].n, strlen("HELLO\r\n")); /* held */
    harness_scanned(&harness, verdict);
    if (verdict->kind == VERDICT_INFECTED)
        harness_stored(&harness, PROTOCOL_STORED);
    harness_pump(&harness);
    assert_true(span_eq(buf_span(&harness.out[LEG_SERVER]), SPAN("GET a\r\n")));
    assert_true(span_eq(buf_span(&harness.out[LEG_CLIENT]), expected));
    assert_true(harness.closed && !harness.message);
    harness_fini(&harness);
}

static void delivers_a_clean_file_and_replies_to_later_commands(void **state)
{
    static const struct verdict clean = {.kind = VERDICT_CLEAN};

    for (size_t piece = 1; piece <= 30; piece++)
        play(piece, SPAN("HELLO\r\n5\r\n1\n2\r\nERROR CLIENT_COMMAND_UNKNOWN\r\n"), &clean);
}

static void replaces_an_infected_file(void **state)
{
    static const struct verdict infected = {.kind = VERDICT_INFECTED, .name = "Test"};

    for (size_t piece = 1; piece <= 30; piece++)
        play(piece,
             SPAN("HELLO\r\n34\r\nSubject: notice\r\n\r\nfirst\r\nsecond\r\n"
                  "ERROR CLIENT_COMMAND_UNKNOWN\r\n"),
             &infected);
}

static void refuses_a_file_without_a_verdict(void **state)
{
    static const struct verdict failed = {.kind = VERDICT_FAILED};

    for (size_t piece = 1; piece <= 30; piece++)
        play(piece, SPAN("HELLO\r\nERROR ENGINE_FAILED\r\nERROR CLIENT_COMMAND_UNKNOWN\r\n"), &failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delivers_a_clean_file_and_replies_to_later_commands),
        cmocka_unit_test(replaces_an_infected_file),
        cmocka_unit_test(refuses_a_file_without_a_verdict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
