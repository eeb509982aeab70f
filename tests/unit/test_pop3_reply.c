#include "proto/pop3_reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void tells_status_lines_from_nonsense(void **state)
{
    assert_int_equal(pop3_reply_status(SPAN("+OK")), POP3_OK);
    assert_int_equal(pop3_reply_status(SPAN("+ok 2 300")), POP3_OK);
    assert_int_equal(pop3_reply_status(SPAN("-ERR [AUTH] no")), POP3_ERR);
    assert_int_equal(pop3_reply_status(SPAN("+ ")), POP3_CONTINUE);
    assert_int_equal(pop3_reply_status(SPAN("+ PDE=")), POP3_CONTINUE);
    assert_int_equal(pop3_reply_status(SPAN("")), POP3_NONSENSE);
    assert_int_equal(pop3_reply_status(SPAN(" +OK")), POP3_NONSENSE);
    assert_int_equal(pop3_reply_status(SPAN("+OKAY")), POP3_NONSENSE);
    assert_int_equal(pop3_reply_status(SPAN("220 ready")), POP3_NONSENSE);
}

static void assert_filtered(const char *line, struct pop3_offer offer, const char *expected)
{
    char out[256];
    size_t n = pop3_capability_filter(span_of(line), offer, out);

    assert_int_equal(n, strlen(expected));
    assert_memory_equal(out, expected, n);
}

static void shows_only_capabilities_that_are_understood(void **state)
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

static void takes_mechanisms_with_a_security_layer_out(void **state)
{
    const struct pop3_offer none = {0};

    assert_filtered("SASL GSSAPI  plain DIGEST-MD5 XOAUTH2 SCRAM-SHA-256-PLUS", none, "SASL plain XOAUTH2");
    assert_filtered("SASL GSSAPI", none, "");
    assert_filtered("SASL", none, "");
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
        cmocka_unit_test(tells_status_lines_from_nonsense),
        cmocka_unit_test(shows_only_capabilities_that_are_understood),
        cmocka_unit_test(takes_mechanisms_with_a_security_layer_out),
        cmocka_unit_test(reads_sizes_of_a_listing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
