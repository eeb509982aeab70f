/* The plans of tests/data/gateway, each compared with its expected text (the host is 192.168.0.2 and
 * 2001:db8:1::2, Postern's user is 990), and configurations for which there is no plan. */
#include "tests/unit/conf/fake_files.h"

#include "base/network.h"
#include "gateway/plan/gateway_nft.h"

static const char *directory;

static struct gateway_facts facts_of_saturne(void)
{
    struct gateway_facts facts = {
        .user = 990, .has_ipv6 = true, .own.n = 2, .uplinks = {2, {"eth0", "ppp0"}}};

    network_read_address(SPAN("192.168.0.2"), &facts.own.at[0]);
    network_read_address(SPAN("2001:db8:1::2"), &facts.own.at[1]);
    return facts;
}

static void read_data(const char *name, const char *end, struct buf *text)
{
    struct buf path = {0};
    FILE *file;
    size_t n;

    buf_add_format(&path, "%s/%s%s", directory, name, end);
    file = fopen(buf_c_str(&path), "re");
    assert_non_null(file);
    while ((n = fread(buf_reserve(text, 4096), 1, 4096, file)) > 0)
        text->n += n;
    fclose(file);
    buf_fini(&path);
}

/* Returns the problems, followed by the printed plan. */
static void plan_text(struct span conf, const struct gateway_facts *facts, struct buf *out)
{
    struct read_result result = read_text(conf);
    struct problems problems = {0};
    struct gateway_plan plan;
    char *said;

    assert_true(result.ok);
    gateway_plan_make(&plan, &result.conf, facts, &problems);
    said = problems_text(&problems);
    buf_add(out, span_of(said));
    gateway_plan_print(&plan, out);
    free(said);
    gateway_plan_fini(&plan);
    problems_fini(&problems);
    result_fini(&result);
}

static void check_role(void **state)
{
    struct gateway_facts facts = facts_of_saturne();
    struct buf conf = {0}, expected = {0}, found = {0};

    read_data(*state, ".conf", &conf);
    read_data(*state, ".plan", &expected);
    plan_text(buf_span(&conf), &facts, &found);
    assert_string_equal(buf_c_str(&found), buf_c_str(&expected));
    buf_fini(&conf);
    buf_fini(&expected);
    buf_fini(&found);
}

/* Prints the plan of ROLE: to update an expected plan, check the output and save it as ROLE.plan. */
static int print_role(const char *role)
{
    struct gateway_facts facts = facts_of_saturne();
    struct buf conf = {0}, found = {0};

    read_data(role, ".conf", &conf);
    plan_text(buf_span(&conf), &facts, &found);
    fwrite(found.p, 1, found.n, stdout);
    buf_fini(&conf);
    buf_fini(&found);
    return 0;
}

static void assert_refused(struct span text, const struct gateway_facts *facts, const char *expected)
{
    struct read_result result = read_text(text);
    struct problems problems = {0};
    struct gateway_plan plan;
    bool made;
    char *said;

    made = gateway_plan_make(&plan, &result.conf, facts, &problems);
    assert_int_equal(made, problems.errors == 0);
    said = problems_text(&problems);
    assert_string_equal(said, expected);
    free(said);
    gateway_plan_fini(&plan);
    problems_fini(&problems);
    result_fini(&result);
}

static void a_plan_needs_a_role(void **state)
{
    struct gateway_facts facts = facts_of_saturne();

    assert_refused(SPAN("[gateway]\n"), &facts,
                   "[gateway] role is empty: there is nothing to install on this host\n");
}

#define MIRROR "[gateway]\ninterface = eth0\nmark = 0x100/0xf00\n"

static void a_local_proxy_needs_the_role_proxy_and_vice_versa(void **state)
{
    struct gateway_facts facts = facts_of_saturne();

    assert_refused(SPAN(MIRROR "role = mirror\nproxies = 192.168.0.3 192.168.0.2\n"), &facts,
                   "[gateway] proxies has 192.168.0.2, which is this host: add proxy to role, or remove the "
                   "address\n");
    assert_refused(
        SPAN(MIRROR "role = mirror proxy\nproxies = 192.168.0.3 192.168.0.5\n"), &facts,
        "[gateway] proxies has no address of this host: the proxy on this host would get no mail; add one, "
        "or remove proxy from role\n");
    assert_refused(SPAN(MIRROR "role = mirror proxy\nproxies = 192.168.0.3 2001:db8:1::2\n"), &facts, "");
}

/* Before the network is up there are no addresses, so the plan must not need any. */
static void the_early_plan_refuses_and_has_no_route_to_a_proxy(void **state)
{
    const struct gateway_facts facts = {.user = 990, .has_ipv6 = true, .is_early = true};
    struct read_result result =
        read_text(SPAN(MIRROR "role = mirror proxy\nproxies = 192.168.0.3 192.168.0.2 2001:db8:1::3\n"
                              "[pop3]\ninterception = tproxy\n"));
    struct problems problems = {0};
    struct gateway_plan plan;
    size_t refuse = 0, here = 0;

    assert_true(gateway_plan_make(&plan, &result.conf, &facts, &problems));
    gateway_plan_keep_early(&plan);
    for (size_t i = 0; i < plan.route_count; i++) {
        assert_int_not_equal(plan.routes[i].kind, GATEWAY_ROUTE_VIA);
        refuse += plan.routes[i].kind == GATEWAY_ROUTE_UNREACHABLE;
        here += plan.routes[i].kind == GATEWAY_ROUTE_LOCAL;
    }
    assert_int_equal(refuse, 5);
    assert_int_equal(here, 2);
    assert_int_equal(plan.rule_count, 12);
    assert_int_equal(plan.sysctl_count, 0);
    gateway_plan_fini(&plan);
    problems_fini(&problems);
    result_fini(&result);
}

static void ipv6_proxies_need_ipv6(void **state)
{
    struct gateway_facts facts = facts_of_saturne();

    facts.has_ipv6 = false;
    assert_refused(SPAN(MIRROR "role = mirror\nproxies = 192.168.0.3 2001:db8:1::3\n"), &facts,
                   "[gateway] proxies has IPv6 addresses, but IPv6 is off on this host: turn it on (sysctl "
                   "net.ipv6.conf.all.disable_ipv6=0), or remove them\n");
    assert_refused(SPAN(MIRROR "role = mirror\nproxies = 192.168.0.3\n"), &facts, "");
}

static void a_listener_needs_an_address_for_redirected_connections(void **state)
{
    struct gateway_facts facts = facts_of_saturne();

    assert_refused(SPAN(MIRROR "role = proxy\n[pop3]\nlisten = 127.0.0.1:8110 [::1]:8110\n"), &facts,
                   "[pop3] listen has no address to which the role proxy can redirect: add 0.0.0.0 or "
                   "[::]\n");
    assert_refused(SPAN("[gateway]\nrole = local\n[pop3]\nlisten = 192.168.0.2:8110\n"), &facts,
                   "[pop3] listen has no address to which the role local can redirect: add 0.0.0.0, [::] "
                   "or a loopback address\n");
    assert_refused(SPAN(MIRROR "role = proxy\n[pop3]\nlisten = [::]:8110\n"), &facts,
                   "warning: [pop3] listen has no IPv4 address for the role proxy: IPv4 connections are "
                   "refused (no_proxy = block)\n");
    facts.has_ipv6 = false;
    assert_refused(SPAN(MIRROR "role = proxy\n[pop3]\nlisten = 0.0.0.0:8110\n"), &facts, "");
}

static void local_must_recognise_our_own_connections(void **state)
{
    struct gateway_facts facts = facts_of_saturne();

    facts.user = 0;
    assert_refused(
        SPAN("[gateway]\nrole = local\n"), &facts,
        "warning: [postern] user is root: the role local does not redirect connections of root; set "
        "another user, or [upstream] mark\n");
    assert_refused(SPAN("[gateway]\nrole = local\n[upstream]\nmark = 7\n"), &facts, "");
}

static void without_ipv6_the_plan_has_no_ipv6_routes_or_settings(void **state)
{
    struct gateway_facts facts = facts_of_saturne();
    struct buf text = {0};

    facts.has_ipv6 = false;
    plan_text(SPAN("[pop3]\ninterception = tproxy\n" MIRROR "role = mirror proxy\n"), &facts, &text);
    assert_null(strstr(buf_c_str(&text), "ip -6"));
    assert_null(strstr(buf_c_str(&text), "net/ipv6"));
    assert_non_null(strstr(buf_c_str(&text), "ip -4 rule add"));
    buf_fini(&text);
}

static void prints_routes_and_rules_with_any_verb(void **state)
{
    struct gateway_route route = {.family = AF_INET6, .table = 200, .metric = 100};
    struct gateway_rule rule = {.family = AF_INET, .priority = 11001, .table = 201, .mark = {0x6f00, 0xff00}};
    struct buf text = {0};

    network_read_address(SPAN("2001:db8:1::3"), &route.via);
    gateway_route_print(&route, "replace", &text);
    assert_string_equal(buf_c_str(&text), "-6 route replace default via 2001:db8:1::3 metric 100 table 200");
    buf_clear(&text);
    gateway_rule_print(&rule, "del", &text);
    assert_string_equal(buf_c_str(&text), "-4 rule del fwmark 0x6f00/0xff00 table 201 priority 11001");
    buf_fini(&text);
}

static void assert_spread(uint32_t alive, const char *expected)
{
    struct gateway_facts facts = facts_of_saturne();
    struct read_result result = read_text(
        SPAN(MIRROR "role = mirror\nproxies = 192.168.0.3 2001:db8:1::3 192.168.0.5 192.168.0.6\n"));
    struct buf text = {0};

    assert_true(result.ok);
    gateway_balance_print(&result.conf, &facts, alive, &text);
    assert_string_equal(buf_c_str(&text), expected);
    buf_fini(&text);
    result_fini(&result);
}

#define FLUSH(chain) "flush chain inet postern " chain "\n"
#define ADD(chain) "add rule inet postern " chain " counter "
#define ALL6                                                              \
    FLUSH("balance6")                                                     \
    ADD("balance6")                                                       \
    "goto proxy6_0 comment \"to the only live proxy\"\n" FLUSH("fallback" \
                                                               "6")
#define NONE(chain, none) FLUSH(chain) ADD(chain) "goto " none " comment \"no proxy is left\"\n"

static void only_clients_of_dead_proxies_move(void **state)
{
    assert_spread(0xf,
                  FLUSH("balance4") ADD("balance4") "jhash ip saddr mod 3 seed 0x6e vmap { 0 : goto "
                                                    "proxy4_0, 1 : goto proxy4_1, 2 : goto proxy4_2 } "
                                                    "comment \"over all proxies\"\n" FLUSH("fallback4") ALL6);
    assert_spread(
        0xb,
        FLUSH("balance4") ADD(
            "balance4") "jhash ip saddr mod 3 seed 0x6e vmap { 0 : goto "
                        "proxy4_0, 1 : goto fallback4, 2 : goto proxy4_2 } "
                        "comment \"over all proxies\"\n" FLUSH("fallback4") ADD(
                            "fallback4") "jhash ip saddr mod 2 seed 0x3e8 vmap { 0 : goto proxy4_0, 1 : goto "
                                         "proxy4_2 } comment \"over the live proxies\"\n" ALL6);
    assert_spread(
        0xa,
        FLUSH("balance4")
            ADD("balance4") "jhash ip saddr mod 3 seed 0x6e vmap { 0 : goto fallback4, "
                            "1 : goto fallback4, 2 : goto proxy4_2 } comment \"over "
                            "all proxies\"\n" FLUSH("fallback4")
                                ADD("fallback4") "goto proxy4_2 comment \"to the only live proxy\"\n" ALL6);
    assert_spread(0x2, NONE("balance4", "no_proxy4") FLUSH("fallback4") ALL6);
    assert_spread(0x0, NONE("balance4", "no_proxy4") FLUSH("fallback4") NONE("balance6", "no_proxy6")
                           FLUSH("fallback6"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define ROLE(role) {role, check_role, NULL, NULL, (void *)(uintptr_t)role}
        ROLE("mirror"),
        ROLE("mirror-spread"),
        ROLE("proxy"),
        ROLE("proxy-tproxy"),
        ROLE("proxy-client"),
        ROLE("mirror-proxy"),
        ROLE("mirror-proxy-shared"),
        ROLE("local"),
        ROLE("local-mark"),
        cmocka_unit_test(a_plan_needs_a_role),
        cmocka_unit_test(a_local_proxy_needs_the_role_proxy_and_vice_versa),
        cmocka_unit_test(the_early_plan_refuses_and_has_no_route_to_a_proxy),
        cmocka_unit_test(ipv6_proxies_need_ipv6),
        cmocka_unit_test(a_listener_needs_an_address_for_redirected_connections),
        cmocka_unit_test(local_must_recognise_our_own_connections),
        cmocka_unit_test(without_ipv6_the_plan_has_no_ipv6_routes_or_settings),
        cmocka_unit_test(prints_routes_and_rules_with_any_verb),
        cmocka_unit_test(only_clients_of_dead_proxies_move),
    };

    if (argc < 2)
        return 2;
    directory = argv[1];
    return argc > 2 ? print_role(argv[2]) : cmocka_run_group_tests(tests, NULL, NULL);
}
