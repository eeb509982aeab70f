#include "gateway/apply/gateway_state_json.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static bool parse(const char *text, struct gateway_state *state)
{
    struct buf error = {0};
    bool is_good = gateway_state_parse(span_of(text), "boot", state, &error);

    assert_int_equal(is_good, error.n == 0);
    buf_fini(&error);
    return is_good;
}

static void a_printed_state_is_parsed_unchanged(void **unused)
{
    struct gateway_state state = {.exists = true, .is_complete = true}, back = {0};
    struct gateway_route route = {.family = AF_INET6, .table = 200, .metric = 100};
    struct buf text = {0};

    route.via.in6.sin6_family = AF_INET6;
    inet_pton(AF_INET6, "2001:db8:1::3", &route.via.in6.sin6_addr);
    gateway_state_add_route(&state, &route);
    gateway_state_add_route(&state, &route);
    route = (struct gateway_route){.family = AF_INET, .table = UINT32_MAX, .kind = GATEWAY_ROUTE_LOCAL};
    gateway_state_add_route(&state, &route);
    gateway_state_add_rule(
        &state,
        &(struct gateway_rule){.family = AF_INET, .priority = 11000, .table = 200, .mark = {0x6e00, 0xff00}});
    gateway_state_add_saved(&state, "net/ipv4/ip_forward", "0", "1");
    gateway_state_add_saved(&state, "net/ipv4/conf/lo/forwarding", "0", NULL);
    buf_add(&state.table, SPAN("table inet postern {\n\t# \"quoted\"\n}\n"));
    gateway_state_print(&state, "boot", "4026531840-1", &text);
    assert_true(parse(buf_c_str(&text), &back));
    assert_true(back.exists && back.is_complete);
    assert_true(span_eq(buf_span(&back.table), buf_span(&state.table)));
    assert_int_equal(back.route_count, 2);
    assert_true(gateway_route_equals(&back.routes[0], &state.routes[0]));
    assert_true(gateway_route_equals(&back.routes[1], &route));
    assert_int_equal(back.rule_count, 1);
    assert_true(gateway_rule_equals(&back.rules[0], &state.rules[0]));
    assert_string_equal(gateway_state_find(&back, "net/ipv4/ip_forward")->ours, "1");
    assert_null(gateway_state_find(&back, "net/ipv4/conf/lo/forwarding")->ours);
    gateway_state_fini(&state);
    gateway_state_fini(&back);
    buf_fini(&text);
}

static void a_journal_of_another_boot_is_empty(void **unused)
{
    struct gateway_state state = {0};

    assert_true(parse("{\"version\": 1, \"boot\": \"earlier\"}", &state));
    assert_false(state.exists);
}

static void recognises_a_journal_of_another_namespace(void **unused)
{
    struct gateway_state state = {.exists = true};
    struct buf text = {0};

    gateway_state_print(&state, "boot", "4026531840-1", &text);
    assert_false(gateway_state_is_elsewhere(buf_span(&text), "boot", "4026531840-1"));
    assert_true(gateway_state_is_elsewhere(buf_span(&text), "boot", "4026532281-33"));
    assert_true(gateway_state_is_elsewhere(buf_span(&text), "boot", "4026531840-2"));
    assert_false(gateway_state_is_elsewhere(buf_span(&text), "later", "4026532281-33"));
    /* Written by a version that did not record the namespace. */
    assert_false(gateway_state_is_elsewhere(SPAN("{\"version\": 1, \"boot\": \"boot\"}"), "boot", "1-1"));
    assert_false(gateway_state_is_elsewhere(SPAN("{"), "boot", "1-1"));
    buf_fini(&text);
}

#define JOURNAL(rules, routes, sysctls)                                                                     \
    "{\"version\": 1, \"boot\": \"boot\", \"complete\": true, \"rules\": [" rules "], \"routes\": [" routes \
    "], \"sysctls\": [" sysctls "]}"

static void refuses_text_that_is_no_journal(void **unused)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"version\": 2, \"boot\": \"boot\"}",
        "{\"version\": 1, \"boot\": \"boot\"}",
        JOURNAL("{\"family\": 5, \"priority\": 1, \"mark\": 1, \"mask\": 1, \"table\": 1}", "", ""),
        JOURNAL("{\"family\": 4, \"priority\": 4294967296, \"mark\": 1, \"mask\": 1, \"table\": 1}", "", ""),
        JOURNAL("", "{\"family\": 4, \"table\": 1, \"kind\": \"via\", \"via\": \"::1\", \"metric\": 1}", ""),
        JOURNAL("", "{\"family\": 4, \"table\": 1, \"kind\": \"blue\", \"via\": \"\", \"metric\": 1}", ""),
        JOURNAL("", "", "{\"path\": \"kernel/core_pattern\", \"before\": \"|x\", \"ours\": \"core\"}"),
        JOURNAL("", "", "{\"path\": \"net/../kernel/core_pattern\", \"before\": \"|x\", \"ours\": \"core\"}"),
        JOURNAL("", "", "{\"path\": \"net/ipv4/ip_forward\"}"),
        (JOURNAL("", "", "") "{}"),
        ("{\"version\": 1, \"boot\": \"boot\", \"complete\": true, \"table\": 1, \"rules\": [], \"routes\": "
         "[], "
         "\"sysctls\": []}"),
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct gateway_state state = {0};

        assert_false(parse(bad[i], &state));
        assert_false(state.exists);
        assert_int_equal(state.rule_count + state.route_count + state.saved_count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_printed_state_is_parsed_unchanged),
        cmocka_unit_test(a_journal_of_another_boot_is_empty),
        cmocka_unit_test(recognises_a_journal_of_another_namespace),
        cmocka_unit_test(refuses_text_that_is_no_journal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
