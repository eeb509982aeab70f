#include "base/network.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static bool read_exact(const char *text, struct inet_network *network)
{
    size_t n = strlen(text);
    char *exact = malloc(n ? n : 1);
    bool is_read;

    memcpy(exact, text, n);
    is_read = network_read((struct span){exact, n}, network);
    free(exact);
    return is_read;
}

static void assert_reads_as(const char *text, const char *expected)
{
    struct inet_network network;
    struct buf out = {0};

    assert_true(read_exact(text, &network));
    network_print(&network, &out);
    assert_string_equal(buf_c_str(&out), expected);
    buf_fini(&out);
}

static void reads_networks_and_single_addresses(void **state)
{
    assert_reads_as("192.168.2.0/24", "192.168.2.0/24");
    assert_reads_as("192.168.2.7", "192.168.2.7/32");
    assert_reads_as("0.0.0.0/0", "0.0.0.0/0");
    assert_reads_as("10.128.0.0/9", "10.128.0.0/9");
    assert_reads_as("2001:DB8:7::/64", "2001:db8:7::/64");
    assert_reads_as("2001:db8::1", "2001:db8::1/128");
    assert_reads_as("::/0", "::/0");
}

static void refuses_what_is_no_network(void **state)
{
    static const char *const wrong[] = {"",
                                        "/",
                                        "/8",
                                        "fr",
                                        "192.168.2.0/",
                                        "192.168.2.0/33",
                                        "192.168.2.0/-1",
                                        "192.168.2.0/24/24",
                                        "192.168.2/24",
                                        "192.168.2.1/24",
                                        "10.64.0.0/9",
                                        "2001:db8::/129",
                                        "2001:db8::1/64",
                                        "2001:db8:::/64",
                                        "[2001:db8::]/64",
                                        "1234:1234:1234:1234:1234:1234:1234:1234:1234:1234:1234:1234/64"};
    struct inet_network network;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (read_exact(wrong[i], &network))
            fail_msg("%s was taken for a network", wrong[i]);
}

static bool has(const char *network, const char *address)
{
    struct inet_network read;
    union inet_address at = {0};
    bool is_ipv6 = strchr(address, ':') != NULL;

    assert_true(read_exact(network, &read));
    at.any.sa_family = is_ipv6 ? AF_INET6 : AF_INET;
    at.in.sin_port = htons(1395);
    assert_int_equal(
        inet_pton(at.any.sa_family, address, is_ipv6 ? (void *)&at.in6.sin6_addr : (void *)&at.in.sin_addr),
        1);
    return network_has(&read, &at);
}

static void knows_its_addresses_to_the_bit(void **state)
{
    assert_true(has("192.168.2.0/24", "192.168.2.0") && has("192.168.2.0/24", "192.168.2.255"));
    assert_false(has("192.168.2.0/24", "192.168.3.0") || has("192.168.2.0/24", "192.168.1.255"));
    assert_true(has("10.128.0.0/9", "10.255.255.255"));
    assert_false(has("10.128.0.0/9", "10.127.255.255"));
    assert_true(has("192.0.2.7", "192.0.2.7"));
    assert_false(has("192.0.2.7", "192.0.2.6"));
    assert_true(has("0.0.0.0/0", "203.0.113.1"));
    assert_true(has("2001:db8:7::/64", "2001:db8:7::ffff:ffff:ffff:ffff"));
    assert_false(has("2001:db8:7::/64", "2001:db8:7:1::"));
    assert_true(has("2001:db8::1", "2001:db8::1"));
    assert_false(has("2001:db8::1", "2001:db8::2"));
}

static void a_family_is_not_in_the_others_networks(void **state)
{
    assert_false(has("0.0.0.0/0", "2001:db8::1"));
    assert_false(has("::/0", "192.0.2.1"));
    assert_true(has("192.0.2.0/24", "::ffff:192.0.2.1"));
    assert_false(has("::/0", "::ffff:192.0.2.1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_networks_and_single_addresses),
        cmocka_unit_test(refuses_what_is_no_network),
        cmocka_unit_test(knows_its_addresses_to_the_bit),
        cmocka_unit_test(a_family_is_not_in_the_others_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
