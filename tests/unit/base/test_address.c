#include "base/address.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

struct client {
    uint8_t bytes[ADDRESS_CLIENT_SIZE];
};

static struct client client_of(const char *text)
{
    union inet_address address = {.any.sa_family = strchr(text, ':') ? AF_INET6 : AF_INET};
    struct client client;

    if (address.any.sa_family == AF_INET6)
        assert_int_equal(inet_pton(AF_INET6, text, &address.in6.sin6_addr), 1);
    else
        assert_int_equal(inet_pton(AF_INET, text, &address.in.sin_addr), 1);
    memset(&client, 0xaa, sizeof client);
    address_client(&address.any, client.bytes);
    return client;
}

static bool is_same(const char *a, const char *b)
{
    struct client one = client_of(a), other = client_of(b);

    return memcmp(&one, &other, sizeof one) == 0;
}

static void an_ip4_client_is_its_address(void **state)
{
    assert_true(is_same("192.168.0.1", "192.168.0.1"));
    assert_false(is_same("192.168.0.1", "192.168.0.2"));
    assert_true(is_same("192.168.0.1", "::ffff:192.168.0.1"));
    assert_false(is_same("::ffff:192.168.0.1", "::ffff:192.168.0.2"));
}

static void an_ip6_client_is_its_prefix(void **state)
{
    assert_true(is_same("2001:db8:0:1::1", "2001:db8:0:1:8000::7"));
    assert_false(is_same("2001:db8:0:1::1", "2001:db8:0:2::1"));
    assert_false(is_same("::1", "192.168.0.1"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ip4_client_is_its_address),
        cmocka_unit_test(an_ip6_client_is_its_prefix),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
