#include "base/repeats.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

enum { SOME = 1, OTHER = 2 };

static union inet_address ip4(uint32_t host)
{
    return (union inet_address){.in = {.sin_family = AF_INET, .sin_addr = {htonl(host)}}};
}

static union inet_address ip6(const char *text)
{
    union inet_address address = {.in6 = {.sin6_family = AF_INET6}};

    assert_int_equal(inet_pton(AF_INET6, text, &address.in6.sin6_addr), 1);
    return address;
}

static bool is_news(struct repeats *repeats, union inet_address client, unsigned what, uint64_t now_ms)
{
    uint64_t suppressed;

    return repeats_is_news(repeats, &client, what, now_ms, &suppressed);
}

static void the_first_is_news_and_the_next_is_not(void **state)
{
    struct repeats repeats = {0};

    assert_true(is_news(&repeats, ip4(1), SOME, 0));
    for (uint64_t ms = 0; ms < REPEATS_INTERVAL_MS; ms += 2000)
        assert_false(is_news(&repeats, ip4(1), SOME, ms));
}

static void after_the_hour_it_is_news_again_with_how_many_there_were(void **state)
{
    union inet_address client = ip4(1);
    struct repeats repeats = {0};
    uint64_t suppressed = 7;

    assert_true(repeats_is_news(&repeats, &client, SOME, 5, &suppressed));
    assert_int_equal(suppressed, 0);
    for (int i = 0; i < 3; i++)
        assert_false(repeats_is_news(&repeats, &client, SOME, 6, &suppressed));
    assert_true(repeats_is_news(&repeats, &client, SOME, 5 + REPEATS_INTERVAL_MS, &suppressed));
    assert_int_equal(suppressed, 3);
    assert_false(repeats_is_news(&repeats, &client, SOME, 6 + REPEATS_INTERVAL_MS, &suppressed));
}

static void other_clients_and_other_things_are_news(void **state)
{
    struct repeats repeats = {0};

    assert_true(is_news(&repeats, ip4(1), SOME, 0));
    assert_true(is_news(&repeats, ip4(2), SOME, 0));
    assert_true(is_news(&repeats, ip4(1), OTHER, 0));
    assert_false(is_news(&repeats, ip4(2), SOME, 0));
    assert_false(is_news(&repeats, ip4(1), OTHER, 0));
}

static void an_ipv6_client_is_its_64(void **state)
{
    struct repeats repeats = {0};

    assert_true(is_news(&repeats, ip6("2001:db8:1::4"), SOME, 0));
    assert_false(is_news(&repeats, ip6("2001:db8:1::ffff:5"), SOME, 0));
    assert_true(is_news(&repeats, ip6("2001:db8:1:1::4"), SOME, 0));
}

static void of_too_many_the_one_said_longest_ago_is_forgotten(void **state)
{
    struct repeats repeats = {0};

    for (uint32_t i = 0; i <= REPEATS_MAX; i++)
        assert_true(is_news(&repeats, ip4(i + 1), SOME, i));
    assert_false(is_news(&repeats, ip4(2), SOME, REPEATS_MAX));
    assert_false(is_news(&repeats, ip4(REPEATS_MAX + 1), SOME, REPEATS_MAX));
    assert_true(is_news(&repeats, ip4(1), SOME, REPEATS_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_is_news_and_the_next_is_not),
        cmocka_unit_test(after_the_hour_it_is_news_again_with_how_many_there_were),
        cmocka_unit_test(other_clients_and_other_things_are_news),
        cmocka_unit_test(an_ipv6_client_is_its_64),
        cmocka_unit_test(of_too_many_the_one_said_longest_ago_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
