/* The listener of each diverted port, and the rules for it, with a second protocol beside POP3. This protocol
 * has no section, so comments name it "none". */
#include "tests/unit/conf/fake_files.h"

#include "base/network.h"
#include "gateway/plan/gateway_listener.h"
#include "gateway/plan/gateway_plan.h"

#define OTHER ((enum protocol_id)(PROTOCOL_POP3 + 1))
#define PROXY "[gateway]\nrole = proxy\ninterface = eth0\nports = 110 143 144\n"
#define LOCAL "[gateway]\nrole = local\nports = 110 143 144\n"

static union inet_address any_at(int family, uint16_t port)
{
    union inet_address address = {0};

    address.any.sa_family = (sa_family_t)family;
    if (family == AF_INET6)
        address.in6.sin6_port = htons(port);
    else
        address.in.sin_port = htons(port);
    return address;
}

/* POP3 as configured by the text; the other protocol has port 143, and listens on 8143. */
static struct read_result two_listeners(struct span text, enum interception interception)
{
    struct read_result result = read_text(text);
    struct conf_listener *other = &result.conf.listeners[OTHER];

    assert_true(result.ok);
    other->listen.n = 2;
    other->listen.at[0] = any_at(AF_INET, 8143);
    other->listen.at[1] = any_at(AF_INET6, 8143);
    other->ports = (struct inet_ports){1, {143}};
    other->interception = interception;
    return result;
}

static void plan_of(struct read_result *result, struct buf *nft)
{
    struct gateway_facts facts = {.user = 990, .has_ipv6 = true};
    struct problems problems = {0};
    struct gateway_plan plan;

    assert_true(gateway_plan_make(&plan, &result->conf, &facts, &problems));
    buf_add(nft, buf_span(&plan.nft));
    gateway_plan_fini(&plan);
    problems_fini(&problems);
}

/* Returns the text of a chain in `nft`, from its name to its end. */
static struct span chain_of(struct buf *nft, const char *name)
{
    struct buf head = {0};
    const char *begin, *end;

    buf_add_format(&head, "\tchain %s {\n", name);
    begin = strstr(buf_c_str(nft), buf_c_str(&head));
    buf_fini(&head);
    if (!begin)
        return (struct span){0};
    end = strstr(begin, "\n\t}\n");
    assert_non_null(end);
    return (struct span){begin, (size_t)(end - begin)};
}

static bool has(struct span text, const char *part)
{
    return memmem(text.p, text.n, part, strlen(part)) != NULL;
}

static void a_port_goes_to_the_listener_that_has_it_and_others_to_the_first(void **state)
{
    struct read_result result = two_listeners(SPAN(PROXY), INTERCEPTION_REDIRECT);
    struct inet_ports ports;

    assert_true(gateway_listener_ports(&result.conf, PROTOCOL_POP3, &ports));
    assert_int_equal(ports.n, 2);
    assert_int_equal(ports.at[0], 110);
    assert_int_equal(ports.at[1], 144);
    assert_true(gateway_listener_ports(&result.conf, OTHER, &ports));
    assert_int_equal(ports.n, 1);
    assert_int_equal(ports.at[0], 143);
    assert_int_equal(gateway_listener_count(&result.conf), 2);
    result.conf.listeners[OTHER].listen.n = 0;
    assert_false(gateway_listener_ports(&result.conf, OTHER, &ports));
    assert_int_equal(gateway_listener_of_port(&result.conf, 143), PROTOCOL_POP3);
    result_fini(&result);
}

static void with_intercept_the_tls_ports_are_diverted_too(void **state)
{
    struct read_result result = two_listeners(SPAN("[tls]\nmode = intercept\n" PROXY), INTERCEPTION_REDIRECT);
    struct buf nft = {0};

    result.conf.listeners[OTHER].tls_ports = (struct inet_ports){1, {993}};
    plan_of(&result, &nft);
    assert_true(has(chain_of(&nft, "proxy"), "dport { 110, 144, 995 } counter redirect to :8110"));
    assert_true(has(chain_of(&nft, "proxy"), "dport { 143, 993 } counter redirect to :8143"));
    buf_fini(&nft);
    result_fini(&result);
}

static void without_intercept_they_are_not(void **state)
{
    struct read_result result = two_listeners(SPAN(PROXY), INTERCEPTION_REDIRECT);
    struct buf nft = {0};

    plan_of(&result, &nft);
    assert_null(strstr(buf_c_str(&nft), "995"));
    buf_fini(&nft);
    result_fini(&result);
}

static void the_mirror_diverts_the_tls_ports(void **state)
{
    struct read_result result = read_text(SPAN("[tls]\nmode = intercept\n[gateway]\nrole = mirror\n"
                                               "interface = eth0\nproxies = 192.0.2.8\nno_proxy = block\n"));
    struct buf nft = {0};

    assert_true(result.ok);
    plan_of(&result, &nft);
    assert_non_null(strstr(buf_c_str(&nft), "meta nfproto ipv4 tcp dport { 110, 995 } counter goto decide4"));
    assert_null(strstr(buf_c_str(&nft), "tcp dport 110 "));
    buf_fini(&nft);
    result_fini(&result);
}

/* A fixed listener gets no diverted connections, so its ports are left alone. */
static void tls_ports_of_a_fixed_listener_are_not_diverted(void **state)
{
    struct read_result result = two_listeners(SPAN("[tls]\nmode = intercept\n" PROXY), INTERCEPTION_FIXED);
    struct inet_ports ports;

    result.conf.listeners[OTHER].tls_ports = (struct inet_ports){1, {993}};
    assert_int_equal(gateway_listener_diverted(&result.conf, &ports), 0);
    assert_int_equal(ports.n, 4);
    assert_int_equal(ports.at[3], 995);
    result_fini(&result);
}

static void too_many_ports_are_refused(void **state)
{
    struct read_result result = read_text(
        SPAN("[tls]\nmode = intercept\n[pop3]\nports = 110\ntls_ports = 995 996\n[gateway]\nrole = proxy\n"
             "interface = eth0\nports = 1 2 3 4 5 6 7 8 9 10 11 12 13 14 110\n"));

    assert_false(result.ok);
    assert_non_null(strstr(result.problems.at[0].text, "at most 16 ports can be diverted"));
    result_fini(&result);
}

static void each_protocol_is_redirected_to_its_own_listener(void **state)
{
    struct read_result result = two_listeners(SPAN(PROXY), INTERCEPTION_REDIRECT);
    struct buf nft = {0};
    struct span proxy;

    plan_of(&result, &nft);
    proxy = chain_of(&nft, "proxy");
    assert_true(has(proxy, "type nat hook prerouting"));
    assert_true(
        has(proxy, "ipv4 tcp dport { 110, 144 } counter redirect to :8110 comment \"mail (IPv4, pop3)\""));
    assert_true(
        has(proxy, "ipv6 tcp dport { 110, 144 } counter redirect to :8110 comment \"mail (IPv6, pop3)\""));
    assert_true(has(proxy, "ipv4 tcp dport 143 counter redirect to :8143 comment \"mail (IPv4, none)\""));
    assert_true(has(proxy, "ipv6 tcp dport 143 counter redirect to :8143 comment \"mail (IPv6, none)\""));
    assert_int_equal(chain_of(&nft, "transparent").n, 0);
    buf_fini(&nft);
    result_fini(&result);
}

static void each_interception_has_its_own_chain(void **state)
{
    struct read_result result = two_listeners(SPAN(PROXY), INTERCEPTION_TPROXY);
    struct buf nft = {0};
    struct span proxy, transparent;

    plan_of(&result, &nft);
    proxy = chain_of(&nft, "proxy");
    transparent = chain_of(&nft, "transparent");
    assert_true(has(proxy, "type nat hook prerouting"));
    assert_true(has(proxy, "redirect to :8110"));
    assert_false(has(proxy, "143"));
    assert_true(has(transparent, "type filter hook prerouting priority mangle"));
    assert_true(has(transparent, "tcp dport 143 socket transparent 1"));
    assert_true(has(transparent, "ipv4 tcp dport 143 counter tproxy ip to :8143"));
    assert_false(has(transparent, "110"));
    buf_fini(&nft);
    result_fini(&result);
}

/* Clients connect to a fixed listener themselves, so it needs no rules unless one of its ports is diverted.
 */
static void a_fixed_listener_has_no_rules(void **state)
{
    struct read_result result = two_listeners(SPAN(PROXY), INTERCEPTION_FIXED);
    struct buf nft = {0};

    result.conf.listeners[OTHER].ports.at[0] = 21;
    plan_of(&result, &nft);
    assert_null(strstr(buf_c_str(&nft), "8143"));
    assert_true(has(chain_of(&nft, "proxy"),
                    "dport { 110, 143, 144 } counter redirect to :8110 comment \"mail (IPv4)\""));
    buf_fini(&nft);
    result_fini(&result);
}

static void this_hosts_own_connections_go_to_their_protocols_listener(void **state)
{
    struct read_result result = two_listeners(SPAN(LOCAL), INTERCEPTION_REDIRECT);
    struct buf nft = {0};
    struct span local;

    plan_of(&result, &nft);
    local = chain_of(&nft, "local");
    assert_true(has(local, "dport { 110, 144 } counter redirect to :8110"));
    assert_true(has(local, "dport 143 counter redirect to :8143"));
    buf_fini(&nft);
    result_fini(&result);
}

static void each_listener_without_an_address_of_a_family_is_reported(void **state)
{
    struct read_result result = two_listeners(SPAN(PROXY), INTERCEPTION_REDIRECT);
    struct gateway_facts facts = {.user = 990, .has_ipv6 = true};
    struct problems problems = {0};
    struct gateway_plan plan;

    result.conf.listeners[OTHER].listen.n = 1;
    assert_true(gateway_plan_make(&plan, &result.conf, &facts, &problems));
    assert_int_equal(problems.n, 1);
    assert_non_null(strstr(problems.at[0].text, "[none] listen has no IPv6 address for the role proxy"));
    assert_non_null(strstr(buf_c_str(&plan.nft), "ipv6 tcp dport 143 counter reject with tcp reset comment "
                                                 "\"no listener: refused (IPv6, none)\""));
    gateway_plan_fini(&plan);
    problems_fini(&problems);
    result_fini(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_port_goes_to_the_listener_that_has_it_and_others_to_the_first),
        cmocka_unit_test(with_intercept_the_tls_ports_are_diverted_too),
        cmocka_unit_test(without_intercept_they_are_not),
        cmocka_unit_test(the_mirror_diverts_the_tls_ports),
        cmocka_unit_test(tls_ports_of_a_fixed_listener_are_not_diverted),
        cmocka_unit_test(too_many_ports_are_refused),
        cmocka_unit_test(each_protocol_is_redirected_to_its_own_listener),
        cmocka_unit_test(each_interception_has_its_own_chain),
        cmocka_unit_test(a_fixed_listener_has_no_rules),
        cmocka_unit_test(this_hosts_own_connections_go_to_their_protocols_listener),
        cmocka_unit_test(each_listener_without_an_address_of_a_family_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
