/* The functions of net/routing and net/sysctl, compared with what ip(8) installed, in a network namespace. */
#include "tests/unit/in_a_process.h"

#include "net/routing.h"
#include "net/sysctl.h"
#include "sys/tool.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdlib.h>

static bool ip(const char *family, const char *batch)
{
    struct tool_result result;
    bool is_done =
        tool_run((const char *[]){"ip", family, "-batch", "-", NULL}, span_of(batch), 20000, &result);

    if (!is_done)
        fputs(buf_c_str(&result.error), stderr);
    tool_result_fini(&result);
    return is_done;
}

static union inet_address address4(const char *text)
{
    union inet_address address = {.in.sin_family = AF_INET};

    inet_pton(AF_INET, text, &address.in.sin_addr);
    return address;
}

static union inet_address address6(const char *text)
{
    union inet_address address = {.in6.sin6_family = AF_INET6};

    inet_pton(AF_INET6, text, &address.in6.sin6_addr);
    return address;
}

/* Makes the link eth7; its other end is not used. */
static bool set_up_link(void)
{
    return unshare(CLONE_NEWNET) == 0 && sysctl_write("net/ipv6/conf/default/accept_dad", SPAN("0")) &&
           ip("-4", "link set lo up\nlink add eth7 type veth peer name other\nlink set eth7 up\n"
                    "link set other up\naddr add 192.168.7.2/24 dev eth7\n") &&
           ip("-6", "addr add 2001:db8:7::2/64 dev eth7 nodad\n");
}

static int reads_rules(void)
{
    struct routing_rules rules;
    const struct routing_rule *r;

    EXPECT(set_up_link());
    EXPECT(ip("-4", "rule add fwmark 0x6e00/0xff00 table 1200 priority 11000\n"
                    "rule add from 10.0.0.0/8 fwmark 0x1 table 7 priority 11001\n"
                    "rule add not fwmark 0x2 table 8 priority 11002\n"
                    "rule add fwmark 0x3 unreachable priority 11003\n"));
    EXPECT(routing_read_rules(AF_INET, &rules) && rules.n == 7);
    r = &rules.at[1];
    EXPECT(r->priority == 11000 && r->mark == 0x6e00 && r->mask == 0xff00 && r->table == 1200);
    EXPECT(r->action == FR_ACT_TO_TBL && !r->has_more && r->family == AF_INET);
    EXPECT(rules.at[2].has_more && rules.at[2].mark == 1 && rules.at[2].mask == UINT32_MAX);
    EXPECT(rules.at[3].has_more && rules.at[4].action == FR_ACT_UNREACHABLE);
    EXPECT(rules.at[0].table == RT_TABLE_LOCAL && rules.at[0].mask == 0 && !rules.at[0].has_more);
    free(rules.at);
    EXPECT(ip("-6", "rule add fwmark 0x6e table 200 priority 11000\n"));
    EXPECT(routing_read_rules(AF_INET6, &rules) && rules.n == 3 && rules.at[1].mark == 0x6e);
    EXPECT(rules.at[1].family == AF_INET6 && rules.at[1].mask == UINT32_MAX);
    free(rules.at);
    return 0;
}

static int reads_routes(void)
{
    struct routing_routes routes;
    const struct routing_route *r;
    union inet_address via = address6("2001:db8:7::3");

    EXPECT(set_up_link());
    EXPECT(ip("-4", "route add default via 192.168.7.3 metric 100 table 1200\n"
                    "route add unreachable default metric 4000 table 1200\n"
                    "route add default table 9 nexthop via 192.168.7.4 nexthop via 192.168.7.5\n"
                    "route add local default dev lo table 10\n"));
    EXPECT(routing_read_routes(AF_INET, 1200, &routes) && routes.n == 2);
    r = &routes.at[0];
    EXPECT(r->metric == 100 && r->bits == 0 && r->type == RTN_UNICAST && r->has_via && r->interface);
    EXPECT(r->via.in.sin_addr.s_addr == address4("192.168.7.3").in.sin_addr.s_addr);
    EXPECT(routes.at[1].type == RTN_UNREACHABLE && routes.at[1].metric == 4000 && !routes.at[1].has_via);
    free(routes.at);
    EXPECT(routing_read_routes(AF_INET, 9, &routes) && routes.n == 1 && routes.at[0].has_via);
    EXPECT(routes.at[0].via.in.sin_addr.s_addr == address4("192.168.7.4").in.sin_addr.s_addr);
    free(routes.at);
    EXPECT(routing_read_routes(AF_INET, 10, &routes) && routes.n == 1 && routes.at[0].type == RTN_LOCAL);
    free(routes.at);
    EXPECT(ip("-6", "route add default via 2001:db8:7::3 metric 100 table 200\n"));
    EXPECT(routing_read_routes(AF_INET6, 200, &routes) && routes.n == 1 && routes.at[0].has_via);
    EXPECT(memcmp(&routes.at[0].via.in6.sin6_addr, &via.in6.sin6_addr, 16) == 0);
    free(routes.at);
    EXPECT(routing_read_routes(AF_INET, 0, &routes) && routes.n > 6);
    free(routes.at);
    EXPECT(routing_read_routes(AF_INET, 4711, &routes) && routes.n == 0);
    return 0;
}

/* 1,500 addresses that stay, and one that comes and goes, for as long as 200 runs of ip(8) take. */
static pid_t start_changing_addresses(void)
{
    struct buf stay = {0};
    bool is_done;
    pid_t pid;

    for (unsigned i = 0; i < 1500; i++)
        buf_add_format(&stay, "addr add 10.0.%u.%u/32 dev eth7\n", i / 250, i % 250 + 1);
    is_done = ip("-4", buf_c_str(&stay));
    buf_fini(&stay);
    pid = is_done ? fork() : -1;
    if (pid == 0) {
        for (int i = 0; is_done && i < 200; i++)
            is_done = ip("-4", "addr add 10.1.0.1/32 dev eth7\naddr del 10.1.0.1/32 dev eth7\n");
        _exit(!is_done);
    }
    return pid;
}

/* The kernel reports when a dump is inconsistent; it must then be requested again from the start. */
static int reads_addresses_while_they_change(void)
{
    struct inet_addresses own;
    int status;
    pid_t pid;

    EXPECT(set_up_link());
    pid = start_changing_addresses();
    EXPECT(pid > 0);
    while (waitpid(pid, &status, WNOHANG) == 0)
        EXPECT(routing_read_addresses(&own) && own.n > 0);
    EXPECT(status == 0);
    return 0;
}

static int reads_interfaces_and_addresses(void)
{
    struct routing_interfaces interfaces;
    struct inet_addresses own;
    const struct routing_interface *eth7 = NULL;

    EXPECT(set_up_link());
    EXPECT(routing_read_interfaces(&interfaces));
    for (size_t i = 0; i < interfaces.n; i++)
        if (strcmp(interfaces.at[i].name, "eth7") == 0)
            eth7 = &interfaces.at[i];
    EXPECT(eth7 && eth7->is_up && !eth7->is_loopback && eth7->index == if_nametoindex("eth7"));
    EXPECT(interfaces.at[0].is_loopback && strcmp(interfaces.at[0].name, "lo") == 0);
    free(interfaces.at);
    EXPECT(routing_read_addresses(&own) && own.n == 4); /* two of them are of lo */
    return 0;
}

static int looks_up_routes(void)
{
    union inet_address far = address4("203.0.113.10"), near = address4("192.168.7.9");
    union inet_address far6 = address6("2001:db8:2::10"), own = address4("192.168.7.2");
    struct routing_route route;

    EXPECT(set_up_link());
    EXPECT(!routing_lookup(&far, NULL, 0, 0, &route) && errno == ENETUNREACH);
    EXPECT(!routing_lookup(&far6, NULL, 0, 0, &route) && errno == ENETUNREACH);
    EXPECT(ip("-4", "route add default via 192.168.7.1\n"
                    "route add default via 192.168.7.3 metric 100 table 200\n"
                    "route add unreachable default table 201\n"
                    "rule add fwmark 0x6e table 200\nrule add fwmark 0x6f table 201\n"));
    EXPECT(routing_lookup(&far, NULL, 0, 0, &route) && route.has_via && route.table == RT_TABLE_MAIN);
    EXPECT(route.via.in.sin_addr.s_addr == address4("192.168.7.1").in.sin_addr.s_addr);
    EXPECT(routing_lookup(&far, NULL, 0x6e, 0, &route) && route.table == 200 &&
           route.via.in.sin_addr.s_addr == address4("192.168.7.3").in.sin_addr.s_addr);
    EXPECT(!routing_lookup(&far, NULL, 0x6f, 0, &route) && errno == EHOSTUNREACH);
    EXPECT(routing_lookup(&near, &own, 0, 0, &route) && !route.has_via &&
           route.interface == if_nametoindex("eth7"));
    EXPECT(ip("-6", "route add default via 2001:db8:7::1\nroute add unreachable default table 201\n"
                    "rule add fwmark 0x6f table 201\n"));
    EXPECT(routing_lookup(&far6, NULL, 0, 0, &route) && route.has_via && route.family == AF_INET6);
    EXPECT(!routing_lookup(&far6, NULL, 0x6f, 0, &route) && errno == EHOSTUNREACH);
    return 0;
}

/* A packet of a neighbour is forwarded only if forwarding is on. */
static int looks_up_routes_of_forwarded_packets(void)
{
    union inet_address far = address4("203.0.113.10"), near = address4("192.168.7.9");
    struct routing_route route;

    EXPECT(set_up_link() && ip("-4", "route add default via 192.168.7.1\n"));
    EXPECT(sysctl_write("net/ipv4/ip_forward", SPAN("0")));
    EXPECT(!routing_lookup(&far, &near, 0, if_nametoindex("eth7"), &route));
    EXPECT(sysctl_write("net/ipv4/ip_forward", SPAN("1")) && sysctl_is("net/ipv4/ip_forward", "1"));
    EXPECT(routing_lookup(&far, &near, 0, if_nametoindex("eth7"), &route) && route.has_via);
    return 0;
}

static void collect(void *context, const char *path)
{
    buf_add_format(context, "%s\n", path);
}

static int reads_and_writes_settings(void)
{
    struct buf value = {0}, paths = {0};

    EXPECT(set_up_link());
    EXPECT(!sysctl_read("net/ipv4/no_such_setting", &value) && errno == ENOENT);
    EXPECT(sysctl_write("net/ipv4/conf/eth7/rp_filter", SPAN("2")));
    EXPECT(sysctl_read("net/ipv4/conf/eth7/rp_filter", &value) && span_eq(buf_span(&value), SPAN("2")));
    EXPECT(!sysctl_write("net/ipv4/conf/eth7/rp_filter", SPAN("nonsense")) && errno == EINVAL);
    EXPECT(sysctl_is("net/ipv4/conf/eth7/rp_filter", "2") && !sysctl_is("net/ipv4/conf/eth7/rp_filter", "1"));
    sysctl_each("net/ipv4/conf", "rp_filter", collect, &paths);
    EXPECT(strcmp(buf_c_str(&paths), "net/ipv4/conf/all/rp_filter\nnet/ipv4/conf/default/rp_filter\n"
                                     "net/ipv4/conf/eth7/rp_filter\nnet/ipv4/conf/lo/rp_filter\n"
                                     "net/ipv4/conf/other/rp_filter\n") == 0);
    buf_fini(&value);
    buf_fini(&paths);
    return 0;
}

#define ROOT_TEST(body)                          \
    static void body##_as_root(void **state)     \
    {                                            \
        if (geteuid() != 0)                      \
            skip();                              \
        assert_int_equal(in_a_process(body), 0); \
    }

ROOT_TEST(reads_rules)
ROOT_TEST(reads_routes)
ROOT_TEST(reads_addresses_while_they_change)
ROOT_TEST(reads_interfaces_and_addresses)
ROOT_TEST(looks_up_routes)
ROOT_TEST(looks_up_routes_of_forwarded_packets)
ROOT_TEST(reads_and_writes_settings)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_rules_as_root),
        cmocka_unit_test(reads_routes_as_root),
        cmocka_unit_test(reads_addresses_while_they_change_as_root),
        cmocka_unit_test(reads_interfaces_and_addresses_as_root),
        cmocka_unit_test(looks_up_routes_as_root),
        cmocka_unit_test(looks_up_routes_of_forwarded_packets_as_root),
        cmocka_unit_test(reads_and_writes_settings_as_root),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
