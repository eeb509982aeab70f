/* Findings about ports, upper interfaces, VRFs and altnames. */
#include "gateway/plan/gateway_interfaces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct routing_interface links[16];
static struct routing_interfaces all = {0, links};
static struct inet_interfaces listed, uplinks;

static int begin(void **state)
{
    all.n = 0;
    listed = (struct inet_interfaces){0};
    uplinks = (struct inet_interfaces){0};
    return 0;
}

static void add(struct inet_interfaces *to, const char *name)
{
    snprintf(to->at[to->n++], IF_NAMESIZE, "%s", name);
}

static struct routing_interface *link_up(const char *name, const char *kind)
{
    struct routing_interface *link = &links[all.n++];

    *link = (struct routing_interface){.index = (unsigned)all.n, .is_up = true};
    snprintf(link->name, sizeof link->name, "%s", name);
    snprintf(link->kind, sizeof link->kind, "%s", kind);
    return link;
}

/* Asserts all findings, each as "FAULT name other". */
static void assert_found(const char *expected)
{
    static const char *const faults[] = {"absent", "another", "port", "vrf", "upper", "down"};
    struct gateway_interface_findings findings;
    struct buf text = {0};

    gateway_interfaces_check(&listed, &uplinks, &all, &findings);
    for (size_t i = 0; i < findings.n; i++)
        buf_add_format(&text, "%s %s %s\n", faults[findings.at[i].fault], findings.at[i].name,
                       findings.at[i].other);
    assert_string_equal(buf_c_str(&text), expected);
    buf_fini(&text);
}

static void a_plain_interface_has_no_finding(void **state)
{
    add(&listed, "eth0");
    link_up("eth0", "");
    link_up("eth1", "");
    assert_found("");
}

static void a_port_is_reported_with_its_outermost_master(void **state)
{
    struct routing_interface *eth0, *bond0, *br0;

    add(&listed, "eth0");
    eth0 = link_up("eth0", "");
    bond0 = link_up("bond0", "bond");
    eth0->master = bond0->index;
    assert_found("port eth0 bond0\n");
    br0 = link_up("br0", "bridge");
    bond0->master = br0->index;
    assert_found("port eth0 br0\n");
    add(&listed, "br0");
    assert_found("");
    eth0->is_up = false;
    assert_found("down eth0 \n");
}

static void a_vrf_is_reported_even_above_a_bridge(void **state)
{
    struct routing_interface *eth0, *br0, *vrf;

    add(&listed, "br0");
    eth0 = link_up("eth0", "");
    br0 = link_up("br0", "bridge");
    vrf = link_up("red", "vrf");
    eth0->master = br0->index;
    assert_found("");
    br0->master = vrf->index;
    assert_found("vrf br0 red\n");
}

static void an_upper_interface_is_reported(void **state)
{
    struct routing_interface *eth0, *vlan, *macvlan;

    add(&listed, "eth0");
    eth0 = link_up("eth0", "");
    vlan = link_up("eth0.5", "vlan");
    vlan->lower = eth0->index;
    assert_found("upper eth0 eth0.5\n");
    macvlan = link_up("vrrp", "macvlan");
    macvlan->lower = vlan->index;
    add(&listed, "eth0.5");
    assert_found("upper eth0.5 vrrp\n");
    macvlan->is_up = false;
    assert_found("");
}

static void an_uplink_may_be_an_upper_interface(void **state)
{
    struct routing_interface *eth0 = link_up("eth0", "");

    add(&listed, "eth0");
    link_up("eth0.100", "vlan")->lower = eth0->index;
    add(&uplinks, "eth0.100");
    assert_found("");
}

/* Tunnels and veth ends also name a lower interface. */
static void tunnels_and_veth_ends_are_no_upper_interfaces(void **state)
{
    struct routing_interface *eth0 = link_up("eth0", "");

    add(&listed, "eth0");
    link_up("gre1", "gre")->lower = eth0->index;
    link_up("veth1", "veth")->lower = eth0->index;
    assert_found("");
}

static void an_altname_is_reported(void **state)
{
    struct routing_interface *eth0 = link_up("eth0", "");

    add(&listed, "enp3s0");
    assert_found("absent enp3s0 \n");
    snprintf(eth0->alternative, sizeof eth0->alternative, "enp3s0");
    assert_found("another enp3s0 eth0\n");
}

/* The kernel's answer may be inconsistent: interfaces that are each other's master. */
static void loops_of_masters_end(void **state)
{
    struct routing_interface *a = link_up("a", "bridge"), *b = link_up("b", "macvlan");

    add(&listed, "a");
    a->master = b->index;
    b->master = a->index;
    a->lower = b->index;
    b->lower = a->index;
    gateway_interfaces_check(&listed, &uplinks, &all, &(struct gateway_interface_findings){0});
}

static void explanations_contain_the_corrected_line(void **state)
{
    struct gateway_interface_finding port = {GATEWAY_INTERFACE_PORT, "eth0", "br0", "bridge"};
    struct buf text = {0};

    add(&listed, "eth7");
    add(&listed, "eth0");
    gateway_interface_explain(&port, &listed, &text);
    assert_string_equal(buf_c_str(&text),
                        "[gateway] interface: eth0 is a port of the bridge br0, so its packets have that "
                        "name and are not diverted: write interface = eth7 br0");
    buf_clear(&text);
    gateway_interfaces_print(&listed, "vrrp", NULL, &text);
    assert_string_equal(buf_c_str(&text), "interface = eth7 eth0 vrrp");
    buf_fini(&text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
    const struct CMUnitTest tests[] = {
        TEST(a_plain_interface_has_no_finding),
        TEST(a_port_is_reported_with_its_outermost_master),
        TEST(a_vrf_is_reported_even_above_a_bridge),
        TEST(an_upper_interface_is_reported),
        TEST(an_uplink_may_be_an_upper_interface),
        TEST(tunnels_and_veth_ends_are_no_upper_interfaces),
        TEST(an_altname_is_reported),
        TEST(loops_of_masters_end),
        TEST(explanations_contain_the_corrected_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
