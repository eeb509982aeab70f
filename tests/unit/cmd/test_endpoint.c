#include "cmd/endpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

static void assert_reads_as(const char *text, const char *host, uint16_t port)
{
    struct endpoint endpoint;

    if (!endpoint_read(text, 110, &endpoint))
        fail_msg("%s was refused", text);
    assert_string_equal(endpoint.host, host);
    assert_int_equal(endpoint.port, port);
}

static void reads_hosts_with_and_without_a_port(void **state)
{
    assert_reads_as("pop.example.org", "pop.example.org", 110);
    assert_reads_as("pop.example.org:1395", "pop.example.org", 1395);
    assert_reads_as("192.0.2.1", "192.0.2.1", 110);
    assert_reads_as("192.0.2.1:65535", "192.0.2.1", 65535);
    assert_reads_as("2001:db8::1", "2001:db8::1", 110);
    assert_reads_as("::1", "::1", 110);
    assert_reads_as("::", "::", 110);
    assert_reads_as("[2001:db8::1]", "2001:db8::1", 110);
    assert_reads_as("[2001:db8::1]:1", "2001:db8::1", 1);
}

static void refuses_what_makes_no_sense(void **state)
{
    static const char *const wrong[] = {
        "",     ":110",     "host:",  "host:0", "host:65536", "host:pop3", "host:-1",
        "[::1", "[::1]110", "[::1]:", "[]:110", "[]",         "host: 1"};
    char longer[ENDPOINT_HOST_SIZE + 1];
    struct endpoint endpoint;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (endpoint_read(wrong[i], 110, &endpoint))
            fail_msg("\"%s\" was taken for %s", wrong[i], endpoint.host);
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_false(endpoint_read(longer, 110, &endpoint));
}

static void looks_up_addresses_of_the_family_wanted(void **state)
{
    struct endpoint endpoint;
    union inet_address address;

    assert_true(endpoint_read("127.0.0.1:1395", 110, &endpoint));
    assert_null(endpoint_look_up(&endpoint, AF_UNSPEC, &address));
    assert_int_equal(address.in.sin_family, AF_INET);
    assert_int_equal(ntohs(address.in.sin_port), 1395);
    assert_non_null(endpoint_look_up(&endpoint, AF_INET6, &address));
    assert_true(endpoint_read("::1", 110, &endpoint));
    assert_null(endpoint_look_up(&endpoint, AF_INET6, &address));
    assert_true(IN6_IS_ADDR_LOOPBACK(&address.in6.sin6_addr));
    assert_non_null(endpoint_look_up(&endpoint, AF_INET, &address));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_hosts_with_and_without_a_port),
        cmocka_unit_test(refuses_what_makes_no_sense),
        cmocka_unit_test(looks_up_addresses_of_the_family_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
