/* The values of [gateway], and constraints between them. */
#include "tests/unit/conf/one_value.h"

#include "gateway/plan/gateway_numbers.h"

static void roles_are_a_set(void **state)
{
    assert_value("gateway", "role", "", "");
    assert_value("gateway", "role", "proxy  mirror", "mirror proxy");
    assert_value("gateway", "role", "local mirror proxy", "mirror proxy local");
    assert_value("gateway", "role", "proxy proxy", "(duplicate value \"proxy\")");
    assert_refused("gateway", "role", "none or more of mirror, proxy or local", "router");
}

static void interfaces_are_names(void **state)
{
    struct buf many = {0};

    assert_value("gateway", "interface", "", "");
    assert_value("gateway", "interface", "eth0  br-lan.5", "eth0 br-lan.5");
    assert_value("gateway", "interface", "abcdefghijklmno", "abcdefghijklmno");
    assert_value("gateway", "interface", "eth0 eth0", "(duplicate value \"eth0\")");
    assert_refused("gateway", "interface", "the name of an interface (eth0)", "abcdefghijklmnop", "../eth0",
                   "eth*");
    for (int i = 0; i <= CONF_LIST_MAX; i++)
        buf_add_format(&many, "eth%d ", i);
    assert_value("gateway", "interface", buf_c_str(&many), "(at most 16 values)");
    buf_fini(&many);
}

static void networks_have_no_host_bits(void **state)
{
    assert_value("gateway", "lan", "", "");
    assert_value("gateway", "lan", "192.168.0.0/24  2001:DB8:1::/64 192.0.2.7 ::/0",
                 "192.168.0.0/24 2001:db8:1::/64 192.0.2.7/32 ::/0");
    assert_refused("gateway", "bypass", "a network or an address (192.0.2.0/24, 2001:db8::/32, 192.0.2.1)",
                   "192.168.0.1/24", "mail.example");
    assert_value("gateway", "bypass", "10.0.0.0/8 10.0.0.0/8", "(duplicate value \"10.0.0.0/8\")");
    assert_value("gateway", "bypass", "10.0.0.0/8 10.0.0.0/9", "10.0.0.0/8 10.0.0.0/9");
}

static void accepts_16_networks_and_hosts(void **state)
{
    struct buf many = {0};

    for (int i = 0; i < CONF_LIST_MAX; i++)
        buf_add_format(&many, "10.0.0.%d ", i + 1);
    assert_value("gateway", "proxies", buf_c_str(&many),
                 "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8 10.0.0.9 10.0.0.10 "
                 "10.0.0.11 10.0.0.12 10.0.0.13 10.0.0.14 10.0.0.15 10.0.0.16");
    buf_add(&many, SPAN("10.0.0.17"));
    assert_value("gateway", "proxies", buf_c_str(&many), "(at most 16 values)");
    assert_value("gateway", "bypass", buf_c_str(&many), "(at most 16 values)");
    buf_fini(&many);
}

static void hosts_have_no_port(void **state)
{
    assert_value("gateway", "proxies", "192.168.0.3 2001:DB8:1:0::3", "192.168.0.3 2001:db8:1::3");
    assert_refused("gateway", "proxies", "a numeric address without a port (192.0.2.1 or 2001:db8::1)",
                   "192.168.0.3:8110", "192.168.0.0/24", "fe80::1%eth0");
    assert_value("gateway", "proxies", "::3 0::3", "(duplicate value \"0::3\")");
}

static void a_mark_must_be_within_its_mask(void **state)
{
    assert_value("gateway", "mark", "0x6e", "0x6e");
    assert_value("gateway", "mark", "110", "0x6e");
    assert_value("gateway", "mark", "0x6E00/0xFF00", "0x6e00/0xff00");
    assert_value("gateway", "mark", "0x6e/0xffffffff", "0x6e");
    assert_refused("gateway", "mark", "a mark (0x1 to 0xffffffff), or a mark within its mask (0x6e00/0xff00)",
                   "0", "0/0xff", "0x6e00/0xff", "0x6e/", "0x6e/0x1000000ff", "0x100000000", "none", "");
}

static void other_values_have_ranges(void **state)
{
    assert_refused("gateway", "table", "a number from 1 to 4294967295", "0");
    assert_value("gateway", "table", "4294967295", "4294967295");
    assert_value("gateway", "spread", "connection", "connection");
    assert_value("gateway", "no_proxy", "pass", "pass");
    assert_value("gateway", "notrack", "no", "no");
    assert_value("gateway", "probe_interval", "500ms", "500ms");
}

static void the_example_network_needs_no_more_than_this(void **state)
{
    assert_problems(SPAN("[gateway]\nrole = mirror\ninterface = eth0\nlan = 192.168.0.0/24 2001:db8:1::/64\n"
                         "proxies = 192.168.0.3 2001:db8:1::3\n"),
                    "");
    assert_problems(SPAN("[gateway]\nrole = proxy\ninterface = eth0\nlan = 192.168.0.0/24\n"), "");
    assert_problems(SPAN("[gateway]\nrole = local\n"), "");
    assert_problems(SPAN("[gateway]\nrole = mirror proxy\ninterface = eth0\n"), "");
}

static void without_a_role_nothing_is_checked(void **state)
{
    assert_problems(SPAN("[gateway]\nproxies = fe80::1\ntable = 255\n"), "");
}

static void roles_require_their_settings(void **state)
{
    assert_problems(SPAN("[gateway]\nrole = mirror\n"),
                    "f:2: the roles mirror and proxy need an interface: where clients' packets come in\n"
                    "f:2: the role mirror needs proxies, or the additional role proxy\n");
    assert_problems(SPAN("[gateway]\nrole = proxy\n"),
                    "f:2: the roles mirror and proxy need an interface: where clients' packets come in\n");
    assert_problems(SPAN("[gateway]\nrole = local\nproxies = 192.0.2.1\n"),
                    "warning: f:3: proxies are only used by the role mirror\n");
}

static void an_invalid_value_is_not_also_reported_as_missing(void **state)
{
    assert_problems(SPAN("[gateway]\nrole = mirror\ninterface = eth*\nproxies = mercure\n"),
                    "f:3: interface: expected the name of an interface (eth0), got \"eth*\"\n"
                    "f:4: proxies: expected a numeric address without a port (192.0.2.1 or 2001:db8::1), "
                    "got \"mercure\"\n");
}

static void lo_is_no_interface_of_clients(void **state)
{
    assert_problems(SPAN("[gateway]\nrole = proxy\ninterface = eth0 lo\n"),
                    "f:3: clients' packets do not come in by lo: the roles mirror and proxy need another "
                    "interface; for this host's own connections use the role local\n");
    assert_problems(SPAN("[gateway]\nrole = local\ninterface = lo\n"), "");
}

static void excepting_all_addresses_is_a_warning(void **state)
{
    assert_problems(SPAN("[gateway]\nrole = proxy\ninterface = eth0\nlan = 10.0.0.0/8 ::/0\n"
                         "bypass = 0.0.0.0/0\n"),
                    "warning: f:4: lan contains all addresses of IPv6, so no such connection is "
                    "diverted: mail passes unscanned\n"
                    "warning: f:5: bypass contains all addresses of IPv4, so no such connection is "
                    "diverted: mail passes unscanned\n");
    assert_problems(SPAN("[gateway]\nrole = local\nlan = 0.0.0.0/1 2000::/3\n"), "");
}

static void interception_must_fit_the_role(void **state)
{
    assert_problems(
        SPAN("[pop3]\ninterception = fixed\ntarget = 192.0.2.1:110\n[gateway]\nrole = local\n"),
        "f:5: with [pop3] interception = fixed, clients connect to Postern itself: the roles proxy "
        "and local, which redirect, cannot be used\n");
    assert_problems(SPAN("[pop3]\ninterception = tproxy\n[gateway]\nrole = local\n"),
                    "f:4: the role local is only valid with [pop3] interception = redirect: TPROXY takes no "
                    "connections that this host makes\n");
    assert_problems(SPAN("[pop3]\ninterception = fixed\ntarget = 192.0.2.1:110\n[gateway]\nrole = mirror\n"
                         "interface = eth0\nproxies = 192.168.0.3 2001:db8::3\n"),
                    "");
}

static void proxies_must_be_hosts_with_usable_addresses(void **state)
{
    assert_problems(
        SPAN(
            "[gateway]\nrole = mirror\ninterface = eth0\nmark = 0x6e00/0xff00\nproxies = 192.168.0.3 fe80::3 "
            "127.0.0.1 ::1 224.0.0.1 ff02::1 0.0.0.0 :: ::ffff:192.168.0.3\n"),
        "f:5: proxy fe80::3 is link-local: a route to it would need an interface\n"
        "f:5: proxy 127.0.0.1 is loopback; for the proxy on this host use an address of an interface\n"
        "f:5: proxy ::1 is loopback; for the proxy on this host use an address of an interface\n"
        "f:5: proxy 224.0.0.1 is not the address of a host\n"
        "f:5: proxy ff02::1 is not the address of a host\n"
        "f:5: proxy 0.0.0.0 is not the address of a host\n"
        "f:5: proxy :: is not the address of a host\n"
        "f:5: proxy ::ffff:192.168.0.3 is an IPv4-mapped IPv6 address\n");
}

static void a_family_without_proxies_is_a_warning(void **state)
{
#define MIRROR "[gateway]\nrole = mirror\ninterface = eth0\n"
    assert_problems(SPAN(MIRROR "proxies = 192.168.0.3\n"),
                    "warning: f:4: no proxy has an IPv6 address: IPv6 connections are refused (no_proxy = "
                    "block)\n");
    assert_problems(SPAN(MIRROR "proxies = 2001:db8::3\nno_proxy = pass\n"),
                    "warning: f:4: no proxy has an IPv4 address: IPv4 connections pass unscanned (no_proxy = "
                    "pass)\n"
                    "warning: f:5: no_proxy = pass: mail reaches clients unscanned while no proxy is left\n");
}

static void the_mask_must_fit_all_marks(void **state)
{
#define FOUR "proxies = 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 2001:db8::1\n"
    assert_problems(SPAN(MIRROR FOUR), "f: several proxies need a mark with a mask, to number them: "
                                       "such as 0x6e00/0xff00\n");
    assert_problems(SPAN(MIRROR FOUR "mark = 0x10/0x30\n"),
                    "f:5: the mask is sufficient for 3 marks from the value upwards, but 4 are needed: one "
                    "per proxy, and "
                    "one for TPROXY or source = client\n");
    assert_problems(SPAN(MIRROR FOUR "mark = 0x10/0x70\n"), "");
    assert_problems(
        SPAN("[pop3]\ninterception = tproxy\n[gateway]\nrole = mirror proxy\ninterface = eth0\n" FOUR
             "mark = 0x40/0x70\n"),
        "f:7: the mask is sufficient for 4 marks from the value upwards, but 5 are needed: one per proxy, "
        "and "
        "one for TPROXY or source = client\n");
    assert_problems(SPAN(MIRROR FOUR "mark = 0xfffffffe/0xfffffffe\n"),
                    "f:5: the mask is sufficient for 1 marks from the value upwards, but 4 are needed: one "
                    "per proxy, and "
                    "one for TPROXY or source = client\n");
}

static void the_upstream_mark_must_differ(void **state)
{
    assert_problems(
        SPAN("[upstream]\nmark = 0x6e\n" MIRROR "proxies = 10.0.0.1 2001:db8::1\n"),
        "f: [upstream] mark 0x6e is one of the marks of [gateway]: connections to servers would be "
        "diverted themselves\n");
    assert_problems(
        SPAN("[upstream]\nmark = 0x6f01\n" MIRROR "proxies = 10.0.0.1 10.0.0.2 2001:db8::1\n"
             "mark = 0x6e00/0xff00\n"),
        "f:7: [upstream] mark 0x6f01 is one of the marks of [gateway]: connections to servers would "
        "be diverted themselves\n");
    assert_problems(SPAN("[upstream]\nmark = 0x6e\n[gateway]\nrole = local\n"), "");
}

static void the_kernels_tables_cannot_be_used(void **state)
{
#define ONE "proxies = 10.0.0.1 2001:db8::1\n"
#define TWO "proxies = 10.0.0.1 10.0.0.2 2001:db8::1\nmark = 0x100/0xf00\n"
    assert_problems(SPAN(MIRROR ONE "table = 254\n"),
                    "f:5: table 254 to 255: 253 to 255 are used by the kernel\n");
    assert_problems(SPAN(MIRROR ONE "table = 251\n"), "");
    assert_problems(SPAN(MIRROR ONE "no_proxy = pass\ntable = 252\n"),
                    "warning: f:5: no_proxy = pass: mail reaches clients unscanned while no proxy is left\n");
    assert_problems(SPAN(MIRROR TWO "table = 252\n"),
                    "f:6: table 252 to 254: 253 to 255 are used by the kernel\n");
    assert_problems(SPAN(MIRROR ONE "table = 256\n"), "");
    assert_problems(SPAN(MIRROR TWO "table = 4294967295\n"),
                    "f:6: 3 tables are needed, from this number to at most 4294967295\n");
    assert_problems(SPAN("[gateway]\nrole = local\ntable = 254\n"), "");
}

static void a_diverted_port_must_be_one_of_a_listener(void **state)
{
    assert_problems(SPAN("[gateway]\nrole = local\nports = 110 1110\n"),
                    "warning: f:3: port 1110 is diverted but not in [pop3] ports: Postern refuses it\n");
    assert_problems(SPAN(MIRROR ONE "ports = 1110\n"), "");
}

static void proxies_are_numbered_per_family(void **state)
{
    struct read_result result =
        read_text(SPAN("[pop3]\ninterception = tproxy\n[gateway]\nrole = mirror proxy\ninterface = eth0\n"
                       "proxies = 10.0.0.1 2001:db8::1 10.0.0.2\nmark = 0x6e00/0xff00\ntable = 200\n"));
    const struct conf *conf = &result.conf;

    assert_true(result.ok);
    assert_int_equal(gateway_proxy_count(conf, AF_INET), 2);
    assert_int_equal(gateway_proxy_count(conf, AF_INET6), 1);
    assert_ptr_equal(gateway_proxy_at(conf, AF_INET, 1), &conf->gateway.proxies.at[2]);
    assert_int_equal(gateway_proxy_index(conf, AF_INET6, 0), 1);
    assert_null(gateway_proxy_at(conf, AF_INET6, 1));
    assert_int_equal(gateway_number_count(conf), 3);
    assert_int_equal(gateway_mark(conf, 1).value, 0x6f00);
    assert_int_equal(gateway_mark(conf, gateway_local_number(conf)).value, 0x7000);
    assert_int_equal(gateway_mark(conf, 1).mask, 0xff00);
    assert_int_equal(gateway_table(conf, 2), 202);
    result_fini(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_are_a_set),
        cmocka_unit_test(interfaces_are_names),
        cmocka_unit_test(networks_have_no_host_bits),
        cmocka_unit_test(accepts_16_networks_and_hosts),
        cmocka_unit_test(hosts_have_no_port),
        cmocka_unit_test(a_mark_must_be_within_its_mask),
        cmocka_unit_test(other_values_have_ranges),
        cmocka_unit_test(the_example_network_needs_no_more_than_this),
        cmocka_unit_test(without_a_role_nothing_is_checked),
        cmocka_unit_test(roles_require_their_settings),
        cmocka_unit_test(an_invalid_value_is_not_also_reported_as_missing),
        cmocka_unit_test(lo_is_no_interface_of_clients),
        cmocka_unit_test(excepting_all_addresses_is_a_warning),
        cmocka_unit_test(interception_must_fit_the_role),
        cmocka_unit_test(proxies_must_be_hosts_with_usable_addresses),
        cmocka_unit_test(a_family_without_proxies_is_a_warning),
        cmocka_unit_test(the_mask_must_fit_all_marks),
        cmocka_unit_test(the_upstream_mark_must_differ),
        cmocka_unit_test(the_kernels_tables_cannot_be_used),
        cmocka_unit_test(a_diverted_port_must_be_one_of_a_listener),
        cmocka_unit_test(proxies_are_numbered_per_family),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
