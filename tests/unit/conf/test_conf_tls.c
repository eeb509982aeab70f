/* Section [tls], and which ports of servers begin with TLS. */
#include "tests/unit/conf/one_value.h"

static struct read_result result;

static int end(void **state)
{
    result_fini(&result);
    return 0;
}

static bool reports(const char *words)
{
    for (size_t i = 0; i < result.problems.n; i++)
        if (strstr(result.problems.at[i].text, words))
            return true;
    return false;
}

static void nothing_is_intercepted_by_default(void **state)
{
    result = read_text(SPAN(""));
    assert_true(result.ok);
    assert_int_equal(result.conf.tls.mode, TLS_MODE_OFF);
    assert_false(conf_is_tls_port(&result.conf, PROTOCOL_POP3, 995));
    assert_false(conf_is_server_port(&result.conf, PROTOCOL_POP3, 995));
    assert_true(conf_is_server_port(&result.conf, PROTOCOL_POP3, 110));
}

static void with_intercept_the_tls_ports_are_server_ports(void **state)
{
    result = read_text(SPAN("[tls]\nmode = intercept\n[pop3]\ntls_ports = 995 1995\n"));
    assert_true(result.ok);
    assert_int_equal(result.problems.n, 0);
    assert_true(conf_is_tls_port(&result.conf, PROTOCOL_POP3, 995));
    assert_true(conf_is_server_port(&result.conf, PROTOCOL_POP3, 1995));
    assert_true(conf_is_server_port(&result.conf, PROTOCOL_POP3, 110));
    assert_false(conf_is_tls_port(&result.conf, PROTOCOL_POP3, 110));
}

static void there_may_be_no_tls_port(void **state)
{
    result = read_text(SPAN("[tls]\nmode = intercept\n[pop3]\ntls_ports =\n"));
    assert_true(result.ok);
    assert_false(conf_is_server_port(&result.conf, PROTOCOL_POP3, 995));
}

static void choices_mean_what_they_say(void **state)
{
    result = read_text(
        SPAN("[tls]\nexpired = mirror\nnot_yet_valid = explain\nname = mirror\nuntrusted = explain\n"
             "client_certificate = refuse\nno_sni = bypass\nold_client = bypass\n"
             "old_server = bypass\nuntrusting_client = bypass\nrequire = yes\n"));
    assert_true(result.ok);
    assert_int_equal(result.conf.tls.expired, TLS_BAD_MIRROR);
    assert_int_equal(result.conf.tls.not_yet_valid, TLS_BAD_EXPLAIN);
    assert_int_equal(result.conf.tls.name, TLS_BAD_MIRROR);
    assert_int_equal(result.conf.tls.untrusted, TLS_BAD_EXPLAIN);
    assert_int_equal(result.conf.tls.client_certificate, TLS_INSTEAD_REFUSE);
    assert_int_equal(result.conf.tls.no_sni, TLS_NO_SNI_BYPASS);
    assert_int_equal(result.conf.tls.old_client, TLS_INSTEAD_BYPASS);
    assert_int_equal(result.conf.tls.old_server, TLS_INSTEAD_BYPASS);
    assert_int_equal(result.conf.tls.untrusting_client, TLS_UNTRUSTING_BYPASS);
    assert_true(result.conf.tls.require);
}

static void peers_are_names_patterns_addresses_and_networks(void **state)
{
    assert_value("tls", "bypass", "", "");
    assert_value("tls", "bypass", "pop.bank.example *.Bank.example  192.0.2.1 2001:db8::/32 localhost a-1.b2",
                 "pop.bank.example *.Bank.example  192.0.2.1 2001:db8::/32 localhost a-1.b2");
#define PEER \
    "the name of a host, *.NAME, an address or a network (pop.example.org, *.example.org, 192.0.2.0/24)"
    assert_refused("tls", "bypass", PEER, "*", "*.org", "*.", "*bank.example", "pop.*.example",
                   "*.*.example.org", ".org", "a..b", "a.", "-a.org", "a-.org", "a_b.org", "192.0.2.256",
                   "192.0.2.1/24", "192.0.2.0:995", "b\xc3\xbc.org");
}

static void a_label_has_63_characters_at_most(void **state)
{
#define TWENTY "abcdefghijklmnopqrst"
    char *found = try("tls", "bypass", TWENTY TWENTY TWENTY "abcd.org");

    assert_value("tls", "bypass", TWENTY TWENTY TWENTY "abc.org", TWENTY TWENTY TWENTY "abc.org");
    assert_int_equal(found[0], '(');
    free(found);
}

static void bypass_ports_are_ports_or_none(void **state)
{
    assert_value("tls", "bypass_ports", "", "");
    assert_value("tls", "bypass_ports", "995 1995", "995 1995");
    assert_refused("tls", "bypass_ports", "a number from 1 to 65535", "0", "65536", "x");
}

static void the_page_has_addresses(void **state)
{
    assert_value("tls", "page", "", "");
    assert_value("tls", "page", "192.0.2.1:80", "192.0.2.1:80");
    assert_value("tls", "page", "192.0.2.1:80 [2001:db8::1]:80", "192.0.2.1:80 [2001:db8::1]:80");
}

static void a_port_is_plain_or_tls(void **state)
{
    result = read_text(SPAN("[tls]\nmode = intercept\n[pop3]\nports = 110 995\n"));
    assert_false(result.ok);
    assert_true(reports("port 995 cannot be in both ports and tls_ports"));
}

static void without_intercept_a_port_may_be_in_both(void **state)
{
    result = read_text(SPAN("[pop3]\nports = 110 995\n"));
    assert_true(result.ok);
    assert_int_equal(result.problems.n, 0);
}

static void block_and_intercept_do_not_go_together(void **state)
{
    result = read_text(SPAN("[tls]\nmode = intercept\n[pop3]\ntls = block\n"));
    assert_true(result.ok);
    assert_true(reports("tls = block: STLS is refused, and not intercepted by [tls] mode = intercept"));
}

static void the_page_has_an_address_of_its_own(void **state)
{
    result = read_text(SPAN("[tls]\nmode = intercept\npage = 0.0.0.0:8110\n"));
    assert_false(result.ok);
    assert_true(reports("page has an address that [pop3] listens on"));
}

int main(void)
{
#define T(name) cmocka_unit_test_teardown(name, end)
    const struct CMUnitTest tests[] = {
        T(nothing_is_intercepted_by_default),
        T(with_intercept_the_tls_ports_are_server_ports),
        T(there_may_be_no_tls_port),
        T(choices_mean_what_they_say),
        cmocka_unit_test(peers_are_names_patterns_addresses_and_networks),
        cmocka_unit_test(a_label_has_63_characters_at_most),
        cmocka_unit_test(bypass_ports_are_ports_or_none),
        cmocka_unit_test(the_page_has_addresses),
        T(a_port_is_plain_or_tls),
        T(without_intercept_a_port_may_be_in_both),
        T(block_and_intercept_do_not_go_together),
        T(the_page_has_an_address_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
