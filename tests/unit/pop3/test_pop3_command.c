#include "pop3/pop3_command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static enum pop3_parsed parse(const char *line, struct pop3_command *command)
{
    return pop3_command_parse(span_of(line), command);
}

static void assert_canonical(const char *line, const char *expected)
{
    struct pop3_command command;
    char out[POP3_WRITTEN_MAX];

    assert_int_equal(parse(line, &command), POP3_PARSED);
    assert_int_equal(pop3_command_write(&command, out, sizeof out), strlen(expected));
    assert_memory_equal(out, expected, strlen(expected));
}

static void writes_the_canonical_form(void **state)
{
    assert_canonical("retr 1", "RETR 1\r\n");
    assert_canonical("RETR 01", "RETR 1\r\n");
}

static void ignores_blanks_after_the_verb(void **state)
{
    assert_canonical("top\t1   0 ", "TOP 1 0\r\n");
    assert_canonical("user   jean ", "USER jean\r\n");
    assert_canonical("LIST", "LIST\r\n");
    assert_canonical("list 2147483647", "LIST 2147483647\r\n");
    assert_canonical("apop jean 0123", "APOP jean 0123\r\n");
    assert_canonical("auth", "AUTH\r\n");
    assert_canonical("auth plain AHVz", "AUTH plain AHVz\r\n");
}

static void keeps_every_space_of_a_password(void **state)
{
    assert_canonical("pass  two  spaces ", "PASS  two  spaces \r\n");
    assert_canonical("PASS x", "PASS x\r\n");
}

/* The longest possible line, an AUTH with its initial response, fits into a buffer of the size that the
 * header promises. */
static void writes_the_longest_line_whole(void **state)
{
    static char line[POP3_SASL_LINE_MAX];
    char *out = malloc(POP3_WRITTEN_MAX);
    struct pop3_command command;

    memset(line, 'A', sizeof line);
    memcpy(line, "AUTH PLAIN ", strlen("AUTH PLAIN "));
    assert_int_equal(pop3_command_parse((struct span){line, sizeof line}, &command), POP3_PARSED);
    assert_int_equal(pop3_command_write(&command, out, POP3_WRITTEN_MAX), sizeof line + 2);
    assert_memory_equal(out, line, sizeof line);
    assert_memory_equal(out + sizeof line, "\r\n", 2);
    free(out);
}

static void refuses_invalid_arguments(void **state)
{
    const char *const lines[] = {"RETR",     "RETR 0",
                                 "RETR -1",  "RETR +1",
                                 "RETR 1 2", "RETR 2147483648",
                                 "RETR 1x",  "RETR 99999999999999999999999",
                                 "TOP 1",    "TOP 1 -1",
                                 "TOP 0 1",  "STAT 1",
                                 "PASS",     "USER",
                                 "USER   ",  "DELE a",
                                 "LIST 1 2", "UTF8 x",
                                 "QUIT now"};
    struct pop3_command command;

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_int_equal(parse(lines[i], &command), POP3_BAD_ARGUMENTS);
}

static void refuses_bytes_that_some_readers_take_for_a_line_end(void **state)
{
    struct pop3_command command;

    assert_int_equal(pop3_command_parse(SPAN("USER a\0b"), &command), POP3_BAD_ARGUMENTS);
    assert_int_equal(pop3_command_parse(SPAN("PASS a\rRETR 1"), &command), POP3_BAD_ARGUMENTS);
    assert_int_equal(pop3_command_parse(SPAN("PASS a\nRETR 1"), &command), POP3_BAD_ARGUMENTS);
}

static void refuses_an_unknown_verb(void **state)
{
    const char *const lines[] = {"", " ", "XTND XMIT", "RETRIEVE 1", "RET 1", "RETR1", "EHLO a", "\xff", ":"};
    struct pop3_command command;

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_int_equal(parse(lines[i], &command), POP3_UNKNOWN_VERB);
}

static enum pop3_shape shape(const char *line)
{
    struct pop3_command command;

    assert_int_equal(parse(line, &command), POP3_PARSED);
    return pop3_command_shape(&command);
}

static void the_shape_of_the_reply_depends_on_the_arguments(void **state)
{
    assert_int_equal(shape("LIST"), POP3_MULTI);
    assert_int_equal(shape("LIST 1"), POP3_SINGLE);
    assert_int_equal(shape("UIDL"), POP3_MULTI);
    assert_int_equal(shape("UIDL 1"), POP3_SINGLE);
    assert_int_equal(shape("LANG"), POP3_MULTI);
    assert_int_equal(shape("LANG fr"), POP3_SINGLE);
    assert_int_equal(shape("AUTH"), POP3_MULTI);
    assert_int_equal(shape("AUTH PLAIN"), POP3_SASL);
    assert_int_equal(shape("RETR 1"), POP3_MESSAGE);
    assert_int_equal(shape("TOP 1 0"), POP3_MESSAGE);
    assert_int_equal(shape("CAPA"), POP3_MULTI);
    assert_int_equal(shape("STLS"), POP3_SINGLE);
}

/* Random bytes in blocks of their exact size: no over-read, and whatever parses is written without a line end
 * inside. */
static void survives_random_bytes(void **state)
{
    static const char letters[] = "RETRTOPAUTHLIST 0129\t\r\n\0PASS";

    srand(7);
    for (int i = 0; i < 20000; i++) {
        size_t n = (size_t)rand() % 24;
        char *line = malloc(n ? n : 1);
        char out[POP3_WRITTEN_MAX];
        struct pop3_command command;

        for (size_t k = 0; k < n; k++)
            line[k] = letters[(size_t)rand() % (sizeof letters - 1)];
        if (pop3_command_parse((struct span){line, n}, &command) == POP3_PARSED) {
            size_t written = pop3_command_write(&command, out, sizeof out);

            assert_ptr_equal(memchr(out, '\r', written), out + written - 2);
            assert_ptr_equal(memchr(out, '\n', written), out + written - 1);
        }
        free(line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_canonical_form),
        cmocka_unit_test(ignores_blanks_after_the_verb),
        cmocka_unit_test(keeps_every_space_of_a_password),
        cmocka_unit_test(writes_the_longest_line_whole),
        cmocka_unit_test(refuses_invalid_arguments),
        cmocka_unit_test(refuses_bytes_that_some_readers_take_for_a_line_end),
        cmocka_unit_test(refuses_an_unknown_verb),
        cmocka_unit_test(the_shape_of_the_reply_depends_on_the_arguments),
        cmocka_unit_test(survives_random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
