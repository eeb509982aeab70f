/* The rule that deciding_priority, with rules and tables like those of wg-quick, systemd-networkd and
 * administrators. */
#include "gateway/plan/routing_walk.h"

#include "base/network.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct routing_rule rule_list[16];
static struct routing_route route_list[16];
static struct routing_interface interface_list[4] = {
    {.index = 1, .name = "eth0", .is_up = true, .master = 2},
    {.index = 2, .name = "red", .kind = "dummy"},
    {.index = 3, .name = "wg0", .group = 7},
};
static struct routing_rules rules = {0, rule_list};
static struct routing_routes routes = {0, route_list};
static struct routing_interfaces interfaces = {3, interface_list};
static struct routing_packet packet;

static struct routing_rule *add_rule(uint32_t priority, uint32_t table)
{
    struct routing_rule *rule = &rule_list[rules.n++];

    *rule = (struct routing_rule){.family = AF_INET,
                                  .priority = priority,
                                  .table = table,
                                  .action = FR_ACT_TO_TBL,
                                  .suppress_bits = ROUTING_NO_SUPPRESSION,
                                  .suppress_group = ROUTING_NO_SUPPRESSION};
    return rule;
}

static struct routing_route *add_route(uint32_t table, const char *to, unsigned interface)
{
    struct routing_route *route = &route_list[routes.n++];
    struct inet_network network = {0};

    assert_true(!*to || network_read(span_of(to), &network));
    *route = (struct routing_route){.family = AF_INET,
                                    .table = table,
                                    .type = RTN_UNICAST,
                                    .bits = (uint8_t)network.bits,
                                    .to = network.address,
                                    .interface = interface};
    return route;
}

static int begin(void **state)
{
    rules.n = routes.n = 0;
    strcpy(interface_list[1].kind, "dummy");
    packet = (struct routing_packet){
        .mark = 0x6e, .interface = "eth0", .protocol = IPPROTO_TCP, .sport = 40000, .dport = 110};
    network_read_address(SPAN("192.168.0.4"), &packet.from);
    network_read_address(SPAN("203.0.113.10"), &packet.to);
    add_rule(0, RT_TABLE_LOCAL);
    add_route(RT_TABLE_MAIN, "", 1);
    add_route(RT_TABLE_MAIN, "192.168.0.0/24", 1);
    add_route(200, "", 1);
    return 0;
}

static void add_ours(void)
{
    struct routing_rule *ours = add_rule(11000, 200);

    ours->mark = 0x6e;
    ours->mask = UINT32_MAX;
    add_rule(32766, RT_TABLE_MAIN);
}

/* Returns the priority of the rule that deciding_priority; 0: none. */
static uint32_t deciding_priority(void)
{
    const struct routing_tables tables = {&rules, &routes, &interfaces};
    struct routing_decision way = routing_walk(&tables, &packet);

    return way.rule ? way.rule->priority : 0;
}

static void the_inverted_rule_of_wg_quick_decides(void **state)
{
    struct routing_rule *wg;

    add_rule(10998, RT_TABLE_MAIN)->suppress_bits = 0;
    wg = add_rule(10999, 51820);
    wg->mark = 51820;
    wg->mask = UINT32_MAX;
    wg->is_inverted = true;
    add_route(51820, "", 3);
    add_ours();
    assert_int_equal(deciding_priority(), 10999);
    packet.mark = 51820;
    assert_int_equal(deciding_priority(), 32766);
    packet.mark = 0x6e;
    network_read_address(SPAN("192.168.0.9"), &packet.to);
    assert_int_equal(deciding_priority(), 10998); /* not suppressed: longer prefix */
}

static void suppresses_routes_by_interface_group(void **state)
{
    add_rule(500, 5)->suppress_group = 7;
    add_route(5, "", 3);
    add_ours();
    assert_int_equal(deciding_priority(), 11000);
    route_list[3].interface = 1;
    assert_int_equal(deciding_priority(), 500);
}

static void evaluates_each_condition(void **state)
{
    struct routing_rule *rule = add_rule(500, RT_TABLE_MAIN), any = *rule;

    add_ours();
    assert_int_equal(deciding_priority(), 500);
    network_read(SPAN("10.0.0.0/8"), &rule->from);
    assert_int_equal(deciding_priority(), 11000);
    network_read(SPAN("192.168.0.0/24"), &rule->from);
    assert_int_equal(deciding_priority(), 500);
    network_read(SPAN("203.0.113.11/32"), &rule->to);
    assert_int_equal(deciding_priority(), 11000);
    *rule = any;
    strcpy(rule->iif, "eth1");
    assert_int_equal(deciding_priority(), 11000);
    strcpy(rule->iif, "eth0");
    assert_int_equal(deciding_priority(), 500);
    strcpy(rule->oif, "eth0");
    assert_int_equal(deciding_priority(), 11000);
    *rule = any;
    rule->protocol = IPPROTO_UDP;
    assert_int_equal(deciding_priority(), 11000);
    rule->protocol = IPPROTO_TCP;
    rule->dports[0] = 100;
    rule->dports[1] = 109;
    assert_int_equal(deciding_priority(), 11000);
    rule->dports[1] = 110;
    assert_int_equal(deciding_priority(), 500);
    rule->has_uids = true;
    rule->uids[0] = 1000;
    rule->uids[1] = 2000;
    assert_int_equal(deciding_priority(), 11000);
    *rule = any;
    rule->mark = 0x2;
    rule->mask = 0x2;
    assert_int_equal(deciding_priority(), 500);
    rule->mark = 0;
    assert_int_equal(deciding_priority(), 11000);
    rule->is_inverted = true;
    assert_int_equal(deciding_priority(), 500);
}

static void continues_after_a_table_without_a_route(void **state)
{
    add_rule(500, 5);
    add_route(5, "10.0.0.0/8", 1);
    add_ours();
    assert_int_equal(deciding_priority(), 11000);
    add_route(5, "", 1)->type = RTN_THROW;
    assert_int_equal(deciding_priority(), 11000);
    add_route(5, "203.0.113.0/24", 1)->is_dead = true;
    assert_int_equal(deciding_priority(), 11000);
    add_route(5, "203.0.113.0/24", 1)->type = RTN_UNREACHABLE;
    assert_int_equal(deciding_priority(), 500);
}

static void evaluates_rules_that_refuse_skip_or_do_nothing(void **state)
{
    struct routing_rule *skip = add_rule(400, 0), *refuse = add_rule(500, 0);

    skip->action = FR_ACT_GOTO;
    skip->target = 600;
    refuse->action = FR_ACT_PROHIBIT;
    add_rule(600, 0)->action = FR_ACT_NOP;
    add_ours();
    assert_int_equal(deciding_priority(), 11000);
    skip->target = 601; /* no rule has this priority */
    assert_int_equal(deciding_priority(), 500);
}

static void the_rule_for_vrfs_decides_only_their_packets(void **state)
{
    struct routing_rule *vrfs = add_rule(1000, 0);

    vrfs->is_l3mdev = true;
    add_ours();
    assert_int_equal(deciding_priority(), 11000);
    strcpy(interface_list[1].kind, "vrf");
    assert_int_equal(deciding_priority(), 1000);
}

static void no_rule_decides(void **state)
{
    assert_int_equal(deciding_priority(), 0);
}

static void assert_printed(const struct routing_rule *rule, const char *expected)
{
    struct buf text = {0};

    assert_true(routing_rule_print(rule, &text));
    assert_string_equal(buf_c_str(&text), expected);
    buf_fini(&text);
}

static void prints_rules_in_the_form_of_ip(void **state)
{
    struct routing_rule *rule = add_rule(1, 51820);
    struct buf text = {0};

    rule->is_inverted = true;
    rule->mark = 51820;
    rule->mask = UINT32_MAX;
    assert_printed(rule, "not fwmark 0xca6c/0xffffffff table 51820");
    rule = add_rule(1, RT_TABLE_MAIN);
    rule->suppress_bits = 0;
    network_read(SPAN("10.0.0.0/8"), &rule->from);
    strcpy(rule->iif, "eth0");
    rule->protocol = IPPROTO_TCP;
    rule->dports[0] = rule->dports[1] = 110;
    assert_printed(rule,
                   "from 10.0.0.0/8 iif eth0 ipproto 6 dport 110-110 table 254 suppress_prefixlength 0");
    rule->has_unknown = true;
    assert_false(routing_rule_print(rule, &text));
    buf_fini(&text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
    const struct CMUnitTest tests[] = {
        TEST(the_inverted_rule_of_wg_quick_decides),
        TEST(suppresses_routes_by_interface_group),
        TEST(evaluates_each_condition),
        TEST(continues_after_a_table_without_a_route),
        TEST(evaluates_rules_that_refuse_skip_or_do_nothing),
        TEST(the_rule_for_vrfs_decides_only_their_packets),
        TEST(no_rule_decides),
        TEST(prints_rules_in_the_form_of_ip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
