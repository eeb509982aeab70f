#include "base/buf.h"
#include "pop3/pop3_reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void distinguishes_status_lines_from_others(void **state)
{
    assert_int_equal(pop3_reply_status(SPAN("+OK")), POP3_OK);
    assert_int_equal(pop3_reply_status(SPAN("+ok 2 300")), POP3_OK);
    assert_int_equal(pop3_reply_status(SPAN("-ERR [AUTH] no")), POP3_ERR);
    assert_int_equal(pop3_reply_status(SPAN("+ ")), POP3_CONTINUE);
    assert_int_equal(pop3_reply_status(SPAN("+ PDE=")), POP3_CONTINUE);
    assert_int_equal(pop3_reply_status(SPAN("")), POP3_MALFORMED);
    assert_int_equal(pop3_reply_status(SPAN(" +OK")), POP3_MALFORMED);
    assert_int_equal(pop3_reply_status(SPAN("220 ready")), POP3_MALFORMED);
}

static void text_may_follow_the_status_indicator_without_a_blank(void **state)
{
    assert_int_equal(pop3_reply_status(SPAN("+OK, ready")), POP3_OK);
    assert_int_equal(pop3_reply_status(SPAN("+OK<1896.6@mx.example>")), POP3_OK);
    assert_int_equal(pop3_reply_status(SPAN("+OK.")), POP3_OK);
    assert_int_equal(pop3_reply_status(SPAN("+OKAY")), POP3_OK);
    assert_int_equal(pop3_reply_status(SPAN("-ERR: no")), POP3_ERR);
    assert_int_equal(pop3_reply_status(SPAN("-error")), POP3_ERR);
    assert_int_equal(pop3_reply_status(SPAN("+VXNlcm5hbWU6")), POP3_CONTINUE);
    assert_int_equal(pop3_reply_status(SPAN("-")), POP3_MALFORMED);
    assert_int_equal(pop3_reply_status(SPAN("-ER")), POP3_MALFORMED);
}

static void assert_passed(const char *line, const char *expected)
{
    struct span text, indicator = pop3_reply_indicator(span_of(line), &text);

    assert_int_equal(indicator.n + text.n, strlen(expected));
    assert_memory_equal(indicator.p, expected, indicator.n);
    assert_memory_equal(text.p, expected + indicator.n, text.n);
}

static void a_status_is_unchanged_unless_clients_interpret_it_differently(void **state)
{
    assert_passed("+OK", "+OK");
    assert_passed("+OK  two \xe9 ", "+OK  two \xe9 ");
    assert_passed("+OK<1896.6@mx.example>", "+OK<1896.6@mx.example>");
    assert_passed("+OK200 x", "+OK200 x");
    assert_passed("-ERR: no", "-ERR: no");
    assert_passed("+ok", "+OK");
    assert_passed("+ok 2 300", "+OK 2 300");
    assert_passed("+OKAY", "+OK AY");
    assert_passed("-error", "-ERR or");
    assert_passed("-err, no", "-ERR, no");
}

static void other_lines_are_malformed(void **state)
{
    assert_int_equal(pop3_reply_status(SPAN("HTTP/1.1 200 OK")), POP3_MALFORMED);
    assert_int_equal(pop3_reply_status(SPAN("220 ready")), POP3_MALFORMED);
}

static void assert_filtered(const char *line, struct pop3_offer offer, const char *expected)
{
    char out[256];
    size_t n = pop3_capability_filter(span_of(line), offer, out);

    assert_int_equal(n, strlen(expected));
    assert_memory_equal(out, expected, n);
}

static void passes_only_known_capabilities(void **state)
{
    const struct pop3_offer all = {.stls = true, .top = true}, none = {0};

    assert_filtered("UIDL", none, "UIDL");
    assert_filtered("EXPIRE 60", none, "EXPIRE 60");
    assert_filtered("top", all, "top");
    assert_filtered("TOP", none, "");
    assert_filtered("STLS", all, "STLS");
    assert_filtered("STLS", none, "");
    assert_filtered("X-ZIP", all, "");
    assert_filtered("", all, "");
    assert_filtered("UIDLX", all, "");
}

static void removes_mechanisms_with_a_security_layer(void **state)
{
    const struct pop3_offer none = {0};

    assert_filtered("SASL GSSAPI  plain DIGEST-MD5 XOAUTH2 SCRAM-SHA-256-PLUS", none, "SASL plain XOAUTH2");
    assert_filtered("SASL GSSAPI", none, "");
    assert_filtered("SASL", none, "");
}

static void assert_uid(struct span line, uint32_t wanted, struct span uid)
{
    uint32_t number;
    struct span got;

    assert_true(pop3_uid_parse(line, &number, &got));
    assert_int_equal(number, wanted);
    assert_true(span_eq(got, uid));
}

static void reads_unique_ids(void **state)
{
    static const char seventy[] = "1234567890123456789012345678901234567890123456789012345678901234567890";
    struct buf line = {0};
    uint32_t number;
    struct span uid;

    assert_uid(SPAN("3 whqtswO00WBw418f9t5JxYwZ"), 3, SPAN("whqtswO00WBw418f9t5JxYwZ"));
    assert_uid(SPAN(" 12 !~ more"), 12, SPAN("!~"));
    buf_add_format(&line, "1 %s", seventy);
    assert_uid(buf_span(&line), 1, span_of(seventy));
    buf_add_char(&line, 'x');
    assert_false(pop3_uid_parse(buf_span(&line), &number, &uid));
    assert_false(pop3_uid_parse(SPAN(""), &number, &uid));
    assert_false(pop3_uid_parse(SPAN("3"), &number, &uid));
    assert_false(pop3_uid_parse(SPAN("3 "), &number, &uid));
    assert_false(pop3_uid_parse(SPAN("0 uid"), &number, &uid));
    assert_false(pop3_uid_parse(SPAN("uid 3"), &number, &uid));
    assert_false(pop3_uid_parse(SPAN("3 \xe9t\xe9"), &number, &uid));
    assert_false(pop3_uid_parse(SPAN("3 a\0b"), &number, &uid));
    buf_fini(&line);
}

static void reads_sizes_of_a_listing(void **state)
{
    uint32_t number;
    uint64_t octets;

    assert_true(pop3_listing_parse(SPAN("3 10240"), &number, &octets));
    assert_int_equal(number, 3);
    assert_int_equal(octets, 10240);
    assert_true(pop3_listing_parse(SPAN(" 3 99999999999 more"), &number, &octets));
    assert_int_equal(octets, 99999999999);
    assert_false(pop3_listing_parse(SPAN(""), &number, &octets));
    assert_false(pop3_listing_parse(SPAN("3"), &number, &octets));
    assert_false(pop3_listing_parse(SPAN("0 5"), &number, &octets));
    assert_false(pop3_listing_parse(SPAN("x 5"), &number, &octets));
    assert_false(pop3_listing_parse(SPAN("3 9999999999999999999999"), &number, &octets));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distinguishes_status_lines_from_others),
        cmocka_unit_test(text_may_follow_the_status_indicator_without_a_blank),
        cmocka_unit_test(a_status_is_unchanged_unless_clients_interpret_it_differently),
        cmocka_unit_test(other_lines_are_malformed),
        cmocka_unit_test(passes_only_known_capabilities),
        cmocka_unit_test(removes_mechanisms_with_a_security_layer),
        cmocka_unit_test(reads_sizes_of_a_listing),
        cmocka_unit_test(reads_unique_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
