#include "base/network.h"
#include "base/address.h"
#include "tls/tls_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

enum { ALL = (1 << TLS_FAULTS) - 2 };

static unsigned set_of(enum tls_fault a, enum tls_fault b)
{
    return tls_fault_bit(a) | tls_fault_bit(b);
}

static void expect(const struct conf_tls *conf, unsigned faults, bool has_name, enum tls_action action,
                   enum tls_fault fault)
{
    struct tls_decision decision = tls_policy_decide(conf, faults, has_name);

    assert_int_equal(decision.action, action);
    assert_int_equal(decision.fault, fault);
    assert_int_equal(decision.is_untrusted, (faults & tls_fault_bit(TLS_UNTRUSTED)) != 0);
}

static void by_default_each_fault_is_refused(void **state)
{
    struct conf_tls conf = {0};

    expect(&conf, 0, true, TLS_ACT_INTERCEPT, TLS_OK);
    expect(&conf, 0, false, TLS_ACT_MIRROR, TLS_OK);
    for (enum tls_fault fault = TLS_OK + 1; fault < TLS_FAULTS; fault++) {
        expect(&conf, tls_fault_bit(fault), true, TLS_ACT_REFUSE, fault);
        expect(&conf, tls_fault_bit(fault), false, TLS_ACT_REFUSE, fault);
    }
}

static void the_worst_of_several_faults_decides(void **state)
{
    struct conf_tls conf = {0};

    assert_int_equal(tls_fault_worst(0), TLS_OK);
    assert_int_equal(tls_fault_worst(ALL), TLS_MISUSED);
    assert_int_equal(tls_fault_worst(set_of(TLS_EXPIRED, TLS_UNTRUSTED)), TLS_UNTRUSTED);
    expect(&conf, set_of(TLS_EXPIRED, TLS_UNTRUSTED), true, TLS_ACT_REFUSE, TLS_UNTRUSTED);
    expect(&conf, ALL, true, TLS_ACT_REFUSE, TLS_MISUSED);
}

static void a_fault_that_is_refused_is_not_mirrored_because_of_another(void **state)
{
    struct conf_tls conf = {.untrusted = TLS_BAD_MIRROR, .name = TLS_BAD_EXPLAIN};

    expect(&conf, tls_fault_bit(TLS_UNTRUSTED), true, TLS_ACT_MIRROR, TLS_UNTRUSTED);
    expect(&conf, set_of(TLS_EXPIRED, TLS_UNTRUSTED), true, TLS_ACT_REFUSE, TLS_EXPIRED);
    expect(&conf, set_of(TLS_NAME, TLS_UNTRUSTED), true, TLS_ACT_EXPLAIN, TLS_NAME);
    conf.expired = TLS_BAD_MIRROR;
    expect(&conf, set_of(TLS_EXPIRED, TLS_UNTRUSTED), true, TLS_ACT_MIRROR, TLS_UNTRUSTED);
    expect(&conf, set_of(TLS_EXPIRED, TLS_REVOKED), true, TLS_ACT_REFUSE, TLS_REVOKED);
}

static void no_setting_makes_a_revoked_or_misused_certificate_acceptable(void **state)
{
    struct conf_tls conf = {
        .expired = TLS_BAD_MIRROR,
        .not_yet_valid = TLS_BAD_MIRROR,
        .name = TLS_BAD_MIRROR,
        .untrusted = TLS_BAD_MIRROR,
        .old_server = TLS_INSTEAD_BYPASS,
        .no_sni = TLS_NO_SNI_BYPASS,
    };

    for (unsigned faults = 0; faults <= ALL; faults += 2) {
        bool must_refuse = faults & set_of(TLS_REVOKED, TLS_MISUSED);

        assert_int_equal(tls_policy_decide(&conf, faults, true).action == TLS_ACT_REFUSE, must_refuse);
        assert_int_equal(tls_policy_decide(&conf, faults, false).action == TLS_ACT_REFUSE, must_refuse);
        assert_int_equal(tls_policy_decide(&conf, faults, true).action == TLS_ACT_INTERCEPT, faults == 0);
        assert_int_not_equal(tls_policy_decide(&conf, faults, false).action, TLS_ACT_INTERCEPT);
    }
    expect(&conf, set_of(TLS_WEAK, TLS_UNTRUSTED), true, TLS_ACT_BYPASS, TLS_WEAK);
}

static void without_a_name_the_setting_for_it_decides(void **state)
{
    struct conf_tls conf = {.no_sni = TLS_NO_SNI_REFUSE};

    expect(&conf, 0, true, TLS_ACT_INTERCEPT, TLS_OK);
    expect(&conf, 0, false, TLS_ACT_REFUSE, TLS_OK);
    conf.no_sni = TLS_NO_SNI_BYPASS;
    expect(&conf, 0, false, TLS_ACT_BYPASS, TLS_OK);
    conf.expired = TLS_BAD_EXPLAIN;
    expect(&conf, tls_fault_bit(TLS_EXPIRED), false, TLS_ACT_EXPLAIN, TLS_EXPIRED);
}

static void the_alert_names_the_kind(void **state)
{
    assert_int_equal(tls_policy_alert(TLS_OK), 80);
    assert_int_equal(tls_policy_alert(TLS_UNTRUSTED), 48);
    for (enum tls_fault fault = TLS_OK + 1; fault < TLS_FAULTS; fault++)
        if (fault != TLS_UNTRUSTED)
            assert_int_equal(tls_policy_alert(fault), 42);
}

static union inet_address address_of(const char *text, uint16_t port)
{
    union inet_address address;

    assert_true(network_read_address(span_of(text), &address));
    address_set_port(&address, port);
    return address;
}

static enum tls_bypass bypass(const struct conf_tls *conf, const char *client, const char *server,
                              uint16_t port, const char *sni)
{
    union inet_address from = address_of(client, 40000), to = address_of(server, port);

    return tls_bypass_of(conf, &from, &to, span_of(sni));
}

static void the_lists_pass_connections(void **state)
{
    static char list[] = " *.bank.example\t198.51.100.0/24 pop.example.org 2001:db8:5::/48 203.0.113.9 ";
    struct conf_tls conf = {.bypass = list, .bypass_ports = {1, {9995}}, .bypass_clients = {.n = 1}};

    assert_true(network_read(SPAN("192.168.7.0/24"), &conf.bypass_clients.at[0]));
    assert_int_equal(bypass(&conf, "192.168.0.1", "192.0.2.1", 995, ""), TLS_BYPASS_NONE);
    assert_int_equal(bypass(&conf, "192.168.7.1", "192.0.2.1", 995, ""), TLS_BYPASS_CLIENT);
    assert_int_equal(bypass(&conf, "::ffff:192.168.7.1", "192.0.2.1", 995, ""), TLS_BYPASS_CLIENT);
    assert_int_equal(bypass(&conf, "192.168.0.1", "192.0.2.1", 9995, ""), TLS_BYPASS_PORT);
    assert_int_equal(bypass(&conf, "192.168.0.1", "198.51.100.7", 995, ""), TLS_BYPASS_ADDRESS);
    assert_int_equal(bypass(&conf, "192.168.0.1", "203.0.113.9", 995, ""), TLS_BYPASS_ADDRESS);
    assert_int_equal(bypass(&conf, "192.168.0.1", "203.0.113.8", 995, ""), TLS_BYPASS_NONE);
    assert_int_equal(bypass(&conf, "2001:db8::1", "2001:db8:5::9", 995, ""), TLS_BYPASS_ADDRESS);
    assert_int_equal(bypass(&conf, "192.168.0.1", "192.0.2.1", 995, "POP.example.org"), TLS_BYPASS_NAME);
    assert_int_equal(bypass(&conf, "192.168.0.1", "192.0.2.1", 995, "a.b.bank.example"), TLS_BYPASS_NAME);
    assert_int_equal(bypass(&conf, "192.168.0.1", "192.0.2.1", 995, "bank.example"), TLS_BYPASS_NONE);
    assert_int_equal(bypass(&conf, "192.168.0.1", "192.0.2.1", 995, "198.51.100.7"), TLS_BYPASS_NONE);
    assert_int_equal(bypass(&conf, "192.168.0.1", "192.0.2.1", 995, "a.pop.example.org"), TLS_BYPASS_NONE);
}

static void a_wildcard_certificate_touches_the_list(void **state)
{
    assert_true(tls_bypass_has_name("pop.bank.example", SPAN("*.bank.example")));
    assert_true(tls_bypass_has_name("192.0.2.1 *.bank.example", SPAN("*.bank.example")));
    assert_false(tls_bypass_has_name("pop.bank.example", SPAN("*.example.org")));
    assert_false(tls_bypass_has_name("", SPAN("pop.bank.example")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_default_each_fault_is_refused),
        cmocka_unit_test(the_worst_of_several_faults_decides),
        cmocka_unit_test(a_fault_that_is_refused_is_not_mirrored_because_of_another),
        cmocka_unit_test(no_setting_makes_a_revoked_or_misused_certificate_acceptable),
        cmocka_unit_test(without_a_name_the_setting_for_it_decides),
        cmocka_unit_test(the_alert_names_the_kind),
        cmocka_unit_test(the_lists_pass_connections),
        cmocka_unit_test(a_wildcard_certificate_touches_the_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
