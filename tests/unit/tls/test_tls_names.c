#include "tls/tls_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#define LABEL_63 "a23456789-123456789-123456789-123456789-123456789-123456789-123"

static void tells_host_names_from_other_text(void **state)
{
    static const char *const hosts[] = {
        "pop.example.org", "a",        "localhost", "xn--bcher-kva.example",           "1.a",
        "POP.Example.ORG", "3com.com", "a-b.c--d",  LABEL_63 "." LABEL_63 "." LABEL_63};
    static const char *const others[] = {"",
                                         ".",
                                         ".a",
                                         "a.",
                                         "a..b",
                                         "-a.b",
                                         "a-.b",
                                         "a_b.c",
                                         "a b",
                                         "a\r\nb.c",
                                         "*.a.b",
                                         "b\xc3\xbc.de",
                                         "1.2.3.4",
                                         "a.1",
                                         "12",
                                         "::1",
                                         "a/b",
                                         "p*.example.org",
                                         LABEL_63 "4.org"};

    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        assert_true(tls_name_is_host(span_of(hosts[i])));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(tls_name_is_host(span_of(others[i])));
    assert_false(tls_name_is_host(SPAN("pop.example.org\0.evil.org")));
}

static void limits_the_length(void **state)
{
    struct span longest = SPAN(LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63);

    assert_int_equal(longest.n, TLS_NAME_MAX + 2);
    assert_true(tls_name_is_host(span_first(longest, TLS_NAME_MAX)));
    assert_false(tls_name_is_host(span_first(longest, TLS_NAME_MAX + 1)));
    assert_false(tls_name_is_host(longest));
}

static void knows_wildcard_names(void **state)
{
    static const char *const wildcards[] = {"*.example.org", "*.a.b.c"};
    static const char *const others[] = {"*",
                                         "*.",
                                         "*.org",
                                         "*.*.org",
                                         "a.*.org",
                                         "p*.example.org",
                                         "*p.example.org",
                                         "*.example.org.",
                                         "*..org",
                                         "**.example.org",
                                         "example.org",
                                         "*.1.2"};

    for (size_t i = 0; i < sizeof wildcards / sizeof *wildcards; i++) {
        assert_true(tls_name_is_wildcard(span_of(wildcards[i])));
        assert_true(tls_name_is_valid(span_of(wildcards[i])));
        assert_false(tls_name_is_host(span_of(wildcards[i])));
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(tls_name_is_wildcard(span_of(others[i])));
}

static void an_asterisk_stands_for_one_label(void **state)
{
    struct span wildcard = SPAN("*.example.org");

    assert_true(tls_name_matches(wildcard, SPAN("pop.example.org")));
    assert_true(tls_name_matches(wildcard, SPAN("POP.EXAMPLE.org.")));
    assert_false(tls_name_matches(wildcard, SPAN("a.pop.example.org")));
    assert_false(tls_name_matches(wildcard, SPAN("example.org")));
    assert_false(tls_name_matches(wildcard, SPAN(".example.org")));
    assert_false(tls_name_matches(wildcard, SPAN("*.example.org")));
    assert_false(tls_name_matches(wildcard, SPAN("popexample.org")));
    assert_false(tls_name_matches(SPAN("*.org"), SPAN("example.org")));
    assert_false(tls_name_matches(SPAN("p*.example.org"), SPAN("pop.example.org")));
    assert_true(tls_name_matches(SPAN("Pop.example.org."), SPAN("pop.example.org")));
    assert_false(tls_name_matches(SPAN("pop.example.org"), SPAN("op.example.org")));
    assert_false(tls_name_matches(SPAN(""), SPAN("")));
}

static void an_entry_of_a_list_stands_for_all_hosts_below(void **state)
{
    struct span below = SPAN("*.bank.example"), exact = SPAN("pop.bank.example");

    assert_true(tls_name_touches(below, SPAN("pop.bank.example")));
    assert_true(tls_name_touches(below, SPAN("a.POP.bank.example.")));
    assert_true(tls_name_touches(below, SPAN("*.bank.example")));
    assert_true(tls_name_touches(below, SPAN("*.pop.bank.example")));
    assert_false(tls_name_touches(below, SPAN("bank.example")));
    assert_false(tls_name_touches(below, SPAN("notbank.example")));
    assert_false(tls_name_touches(below, SPAN("pop.bank.example.org")));
    assert_false(tls_name_touches(below, SPAN("x\r\n.bank.example")));
    assert_true(tls_name_touches(exact, SPAN("pop.bank.example")));
    assert_true(tls_name_touches(exact, SPAN("*.bank.example")));
    assert_false(tls_name_touches(exact, SPAN("*.pop.bank.example")));
    assert_false(tls_name_touches(exact, SPAN("imap.bank.example")));
    assert_true(tls_name_touches(SPAN("*.example"), SPAN("pop.bank.example")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_host_names_from_other_text),
        cmocka_unit_test(limits_the_length),
        cmocka_unit_test(knows_wildcard_names),
        cmocka_unit_test(an_asterisk_stands_for_one_label),
        cmocka_unit_test(an_entry_of_a_list_stands_for_all_hosts_below),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
