/* The effect of a ruleset on a mail packet, and the cases in which it is unknown. */
#include "gateway/firewall/firewall.h"
#include "base/network.h"
#include "gateway/firewall/firewall_iptables.h"
#include "gateway/firewall/firewall_nft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static struct inet_networks lan;

static struct firewall_packet packet_in(int family)
{
    return (struct firewall_packet){.hook = "input",
                                    .family = family,
                                    .in = "eth0",
                                    .out = "",
                                    .port = 8110,
                                    .state = "new",
                                    .is_translated = true,
                                    .is_local = true,
                                    .mark = 0x6e,
                                    .clients = &lan};
}

/* Returns the answer of the only base chain at the packet's hook. */
static enum firewall_answer answer(const struct firewall *firewall, const char *by_chain)
{
    const struct firewall_chain *by;
    bool by_policy;

    for (size_t i = 0; i < firewall->n; i++)
        if (firewall->chains[i].hook && strcmp(firewall->chains[i].hook, "input") == 0) {
            enum firewall_answer is = firewall_judge(firewall, &firewall->chains[i], &by, &by_policy);

            if (by_chain)
                assert_string_equal(by->name, by_chain);
            return is;
        }
    fail_msg("no base chain");
    return FIREWALL_UNKNOWN;
}

#define CHAIN(name, more) "{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"" name "\"" more "}}"
#define INPUT(policy) CHAIN("c", ",\"type\":\"filter\",\"hook\":\"input\",\"policy\":\"" policy "\"")
#define RULE(chain, expr) \
    ",{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":\"" chain "\",\"expr\":[" expr "]}}"
#define MATCH(op, left, right) "{\"match\":{\"op\":\"" op "\",\"left\":" left ",\"right\":" right "}},"
#define META(key) "{\"meta\":{\"key\":\"" key "\"}}"
#define FIELD(protocol, field) "{\"payload\":{\"protocol\":\"" protocol "\",\"field\":\"" field "\"}}"
#define ACCEPT "{\"accept\":null}"
#define DROP "{\"drop\":null}"

static enum firewall_answer nft(const char *list, int family, const char *by_chain)
{
    struct firewall_packet packet = packet_in(family);
    struct firewall firewall = {0};
    struct buf text = {0};
    enum firewall_answer is;
    json_t *ruleset;

    buf_add_format(&text, "[%s]", list);
    ruleset = json_loads(buf_c_str(&text), 0, NULL);
    assert_non_null(ruleset);
    firewall_nft_read(ruleset, &packet, false, &firewall);
    is = answer(&firewall, by_chain);
    json_decref(ruleset);
    firewall_fini(&firewall);
    buf_fini(&text);
    return is;
}

/* A rule that accepts under this condition, before the policy drop. */
#define ACCEPTS(match) nft(INPUT("drop") RULE("c", match ACCEPT), AF_INET, NULL)

static void conditions_of_nft(void **state)
{
    assert_int_equal(ACCEPTS(""), FIREWALL_PASSES);
    assert_int_equal(ACCEPTS(MATCH("==", META("iifname"), "\"eth0\"")), FIREWALL_PASSES);
    assert_int_equal(ACCEPTS(MATCH("==", META("iifname"), "\"eth*\"")), FIREWALL_PASSES);
    assert_int_equal(ACCEPTS(MATCH("!=", META("iifname"), "\"eth0\"")), FIREWALL_DROPS);
    assert_int_equal(ACCEPTS(MATCH("==", META("oifname"), "\"eth0\"")), FIREWALL_DROPS);
    assert_int_equal(ACCEPTS(MATCH("==", META("l4proto"), "{\"set\":[\"icmp\",\"tcp\"]}")), FIREWALL_PASSES);
    assert_int_equal(ACCEPTS(MATCH("==", META("nfproto"), "\"ipv6\"")), FIREWALL_DROPS);
    assert_int_equal(ACCEPTS(MATCH("==", META("mark"), "110")), FIREWALL_PASSES);
    assert_int_equal(ACCEPTS(MATCH("==", "{\"&\":[" META("mark") ",240]}", "96")), FIREWALL_PASSES);
    assert_int_equal(ACCEPTS(MATCH("==", META("skuid"), "0")), FIREWALL_UNKNOWN);
    assert_int_equal(ACCEPTS(MATCH("==", FIELD("tcp", "dport"), "8110")), FIREWALL_PASSES);
    assert_int_equal(ACCEPTS(MATCH("==", FIELD("tcp", "dport"), "{\"set\":[22,{\"range\":[8000,8200]}]}")),
                     FIREWALL_PASSES);
    assert_int_equal(ACCEPTS(MATCH("==", FIELD("tcp", "dport"), "110")), FIREWALL_DROPS);
    assert_int_equal(ACCEPTS(MATCH("==", FIELD("udp", "dport"), "8110")), FIREWALL_DROPS);
    assert_int_equal(ACCEPTS(MATCH("==", FIELD("icmp", "type"), "\"echo-request\"")), FIREWALL_DROPS);
    assert_int_equal(ACCEPTS(MATCH("==", FIELD("tcp", "flags"), "\"syn\"")), FIREWALL_UNKNOWN);
    assert_int_equal(ACCEPTS("{\"limit\":{\"rate\":3}},"), FIREWALL_UNKNOWN);
    assert_int_equal(ACCEPTS("{\"counter\":{\"packets\":0}},{\"log\":null},"), FIREWALL_PASSES);
}

static void addresses_and_states_of_nft(void **state)
{
#define PREFIX(addr, len) "{\"prefix\":{\"addr\":\"" addr "\",\"len\":" #len "}}"
    assert_int_equal(ACCEPTS(MATCH("==", FIELD("ip", "saddr"), PREFIX("192.168.0.0", 16))), FIREWALL_PASSES);
    assert_int_equal(ACCEPTS(MATCH("==", FIELD("ip", "saddr"), "\"192.168.0.4\"")), FIREWALL_UNKNOWN);
    assert_int_equal(ACCEPTS(MATCH("==", FIELD("ip", "saddr"), PREFIX("10.0.0.0", 8))), FIREWALL_DROPS);
    assert_int_equal(ACCEPTS(MATCH("!=", FIELD("ip", "saddr"), PREFIX("10.0.0.0", 8))), FIREWALL_PASSES);
    assert_int_equal(ACCEPTS(MATCH("==", FIELD("ip6", "saddr"), PREFIX("2001:db8::", 32))), FIREWALL_DROPS);
    assert_int_equal(ACCEPTS(MATCH("==", FIELD("ip", "daddr"), "\"192.168.0.3\"")), FIREWALL_UNKNOWN);
#define CT(key) "{\"ct\":{\"key\":\"" key "\"}}"
    assert_int_equal(ACCEPTS(MATCH("in", CT("state"), "[\"established\",\"related\"]")), FIREWALL_DROPS);
    assert_int_equal(ACCEPTS(MATCH("in", CT("state"), "[\"established\",\"new\"]")), FIREWALL_PASSES);
    assert_int_equal(ACCEPTS(MATCH("in", CT("status"), "\"dnat\"")), FIREWALL_PASSES);
    assert_int_equal(ACCEPTS(MATCH("==", CT("mark"), "1")), FIREWALL_UNKNOWN);
    assert_int_equal(ACCEPTS(MATCH("==", "{\"fib\":{\"result\":\"type\",\"flags\":\"daddr\"}}", "\"local\"")),
                     FIREWALL_PASSES);
    assert_int_equal(ACCEPTS(MATCH("==", "{\"concat\":[" META("iifname") "]}", "{\"set\":[]}")),
                     FIREWALL_DROPS);
}

static void sets_by_name(void **state)
{
#define SET(more) ",{\"set\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"s\"" more "}}"
#define IN_SET RULE("c", MATCH("==", FIELD("tcp", "dport"), "\"@s\"") ACCEPT)
    assert_int_equal(nft(INPUT("drop") SET(",\"elem\":[22,8110]") IN_SET, AF_INET, NULL), FIREWALL_PASSES);
    assert_int_equal(
        nft(INPUT("drop") SET(",\"elem\":[{\"elem\":{\"val\":8110,\"timeout\":9}}]") IN_SET, AF_INET, NULL),
        FIREWALL_PASSES);
    assert_int_equal(nft(INPUT("drop") SET("") IN_SET, AF_INET, NULL), FIREWALL_DROPS);
    assert_int_equal(nft(INPUT("drop") SET(",\"flags\":[\"dynamic\"]") IN_SET, AF_INET, NULL),
                     FIREWALL_UNKNOWN);
}

static void jumps_returns_and_maps(void **state)
{
#define JUMP(to) "{\"jump\":{\"target\":\"" to "\"}}"
#define GOTO(to) "{\"goto\":{\"target\":\"" to "\"}}"
#define RETURN "{\"return\":null}"
#define MAYBE MATCH("==", META("skuid"), "0")
#define TWO INPUT("accept") "," CHAIN("d", "")
    assert_int_equal(nft(TWO RULE("c", JUMP("d")) RULE("d", DROP), AF_INET, "d"), FIREWALL_DROPS);
    assert_int_equal(
        nft(TWO RULE("c", JUMP("d")) RULE("c", DROP) RULE("d", RETURN) RULE("d", ACCEPT), AF_INET, "c"),
        FIREWALL_DROPS);
    assert_int_equal(nft(TWO RULE("c", GOTO("d")) RULE("c", DROP), AF_INET, "c"), FIREWALL_PASSES);
    assert_int_equal(nft(TWO RULE("c", MAYBE JUMP("d")) RULE("d", DROP), AF_INET, "c"), FIREWALL_PASSES);
    assert_int_equal(nft(TWO RULE("c", MAYBE JUMP("d")) RULE("c", DROP) RULE("d", ACCEPT), AF_INET, "c"),
                     FIREWALL_UNKNOWN);
    assert_int_equal(nft(TWO RULE("c", MAYBE GOTO("d")) RULE("c", DROP) RULE("d", MAYBE DROP), AF_INET, "c"),
                     FIREWALL_DROPS);
    assert_int_equal(
        nft(TWO RULE("c", JUMP("d")) RULE("c", DROP) RULE("d", MAYBE RETURN) RULE("d", ACCEPT), AF_INET, "d"),
        FIREWALL_PASSES);
    assert_int_equal(nft(TWO RULE("c", JUMP("c")) RULE("c", DROP), AF_INET, "c"), FIREWALL_DROPS);
    assert_int_equal(
        nft(TWO RULE(
                "c",
                "{\"vmap\":{\"key\":{\"ct\":{\"key\":\"state\"}},\"data\":{\"set\":[[\"established\"," ACCEPT
                "],[\"new\"," DROP "]]}}}"),
            AF_INET, "c"),
        FIREWALL_DROPS);
    /* Each chain jumps to itself twice; the walk must still end. */
    assert_int_equal(nft(TWO RULE("c", MAYBE JUMP("d")) RULE("d", MAYBE JUMP("d")) RULE("d", MAYBE JUMP("d")),
                         AF_INET, NULL),
                     FIREWALL_PASSES);
}

static void ignores_tables_of_the_other_family_and_ours(void **state)
{
    static const char *const others[] = {
        "{\"chain\":{\"family\":\"ip6\",\"table\":\"t\",\"name\":\"o\",\"type\":\"filter\",\"hook\":"
        "\"input\",\"policy\":\"drop\"}}",
        "{\"chain\":{\"family\":\"inet\",\"table\":\"postern\",\"name\":\"o\",\"type\":\"filter\",\"hook\":"
        "\"input\",\"policy\":\"drop\"}}",
        "{\"chain\":{\"family\":\"arp\",\"table\":\"t\",\"name\":\"o\",\"type\":\"filter\",\"hook\":"
        "\"input\",\"policy\":\"drop\"}}",
    };

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct buf list = {0};

        buf_add_format(&list, "%s," INPUT("accept"), others[i]);
        assert_int_equal(nft(buf_c_str(&list), AF_INET, "c"), FIREWALL_PASSES);
        buf_fini(&list);
    }
}

static enum firewall_answer iptables(const char *rules, int family)
{
    struct firewall_packet packet = packet_in(family);
    struct firewall firewall = {0};
    struct buf text = {0};
    enum firewall_answer is;

    buf_add_format(&text,
                   "# a comment\n*nat\n:INPUT DROP [0:0]\nCOMMIT\n*filter\n:INPUT DROP [1:2]\n:sub - "
                   "[0:0]\n%s\nCOMMIT\n",
                   rules);
    firewall_iptables_read(buf_span(&text), &packet, "ip", &firewall);
    is = answer(&firewall, NULL);
    firewall_fini(&firewall);
    buf_fini(&text);
    return is;
}

static void conditions_of_iptables(void **state)
{
    static const struct {
        const char *rule;
        enum firewall_answer answer;
    } rules[] = {
        {"", FIREWALL_DROPS},
        {"-A INPUT -j ACCEPT", FIREWALL_PASSES},
        {"-A INPUT -p tcp -m tcp --dport 8110 -j ACCEPT", FIREWALL_PASSES},
        {"-A INPUT -p tcp -m tcp --dport 8000:9000 -m comment --comment \"a \\\"b\\\" -j DROP\" -j ACCEPT",
         FIREWALL_PASSES},
        {"-A INPUT -p tcp -m multiport --dports 22,8110 -j ACCEPT", FIREWALL_PASSES},
        {"-A INPUT -p tcp -m multiport ! --dports 22,8110 -j ACCEPT", FIREWALL_DROPS},
        {"-A INPUT -p udp -m udp --dport 8110 -j ACCEPT", FIREWALL_DROPS},
        {"-A INPUT ! -i lo -j ACCEPT", FIREWALL_PASSES},
        {"-A INPUT -i eth+ -j ACCEPT", FIREWALL_PASSES},
        {"-A INPUT -o eth0 -j ACCEPT", FIREWALL_DROPS},
        {"-A INPUT -s 192.168.0.0/16 -j ACCEPT", FIREWALL_PASSES},
        {"-A INPUT -s 192.168.0.4/32 -j ACCEPT", FIREWALL_UNKNOWN},
        {"-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", FIREWALL_DROPS},
        {"-A INPUT -m conntrack --ctstate NEW -j ACCEPT", FIREWALL_PASSES},
        {"-A INPUT -m conntrack --ctstate DNAT -j ACCEPT", FIREWALL_PASSES},
        {"-A INPUT -m mark --mark 0x6e/0xff -j ACCEPT", FIREWALL_PASSES},
        {"-A INPUT -m connmark --mark 0x1 -j ACCEPT", FIREWALL_UNKNOWN},
        {"-A INPUT -m addrtype --dst-type LOCAL -j ACCEPT", FIREWALL_PASSES},
        {"-A INPUT -m set --match-set friends src -j ACCEPT", FIREWALL_UNKNOWN},
        {"-A INPUT -m socket -j ACCEPT", FIREWALL_UNKNOWN},
        {"-A INPUT -m limit --limit 3/min -j LOG", FIREWALL_DROPS},
        {"-A INPUT -j sub\n-A sub -p tcp -j ACCEPT", FIREWALL_PASSES},
        {"-A INPUT -g sub\n-A INPUT -j ACCEPT", FIREWALL_DROPS},
        {"-A INPUT -p tcp -j REJECT --reject-with tcp-reset\n-A INPUT -j ACCEPT", FIREWALL_DROPS},
        {"-A INPUT -j", FIREWALL_DROPS},
        {"-A INPUT -m", FIREWALL_DROPS},
        {"-A INPUT --comment \"", FIREWALL_DROPS},
        {"-A", FIREWALL_DROPS},
        {"-A INPUT !", FIREWALL_DROPS},
    };

    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (iptables(rules[i].rule, AF_INET) != rules[i].answer)
            fail_msg("%s: %d", rules[i].rule, (int)iptables(rules[i].rule, AF_INET));
}

static void a_truncated_text_is_read_safely(void **state)
{
    static const char text[] = "*filter\n:INPUT DROP [0:0]\n:s - [0:0]\n-A INPUT -p tcp -m comment --comment "
                               "\"x\\\" y\" ! -s 10.0.0.0/8 -j s\n"
                               "-A s -m mark --mark 0x1/0x1 -g s\nCOMMIT\n";
    struct firewall_packet packet = packet_in(AF_INET);

    for (size_t n = 0; n < sizeof text; n++) {
        struct firewall firewall = {0};
        char *copy = mem_copy_string((struct span){text, n});

        firewall_iptables_read((struct span){copy, n}, &packet, "ip", &firewall);
        firewall_fini(&firewall);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_of_nft),
        cmocka_unit_test(addresses_and_states_of_nft),
        cmocka_unit_test(sets_by_name),
        cmocka_unit_test(jumps_returns_and_maps),
        cmocka_unit_test(ignores_tables_of_the_other_family_and_ours),
        cmocka_unit_test(conditions_of_iptables),
        cmocka_unit_test(a_truncated_text_is_read_safely),
    };

    network_read(SPAN("192.168.0.0/24"), &lan.at[lan.n++]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
