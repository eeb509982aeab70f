#include "gateway/plan/proxy_health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static struct proxy_health all_alive(size_t n)
{
    struct proxy_health health;

    proxy_health_init(&health, n);
    for (size_t i = 0; i < n; i++)
        assert_true(proxy_health_add_result(&health, i, true));
    return health;
}

static void not_all_are_known_before_each_has_a_state(void **state)
{
    struct proxy_health health;

    proxy_health_init(&health, 2);
    assert_false(proxy_health_all_known(&health));
    assert_true(proxy_health_add_result(&health, 0, true));
    assert_false(proxy_health_all_known(&health));
    assert_false(proxy_health_add_result(&health, 1, false));
    assert_false(proxy_health_all_known(&health));
    assert_true(proxy_health_add_result(&health, 1, false));
    assert_true(proxy_health_all_known(&health));
    assert_int_equal(proxy_health_alive(&health), 1);
}

static void without_proxies_all_are_known(void **state)
{
    struct proxy_health health;

    proxy_health_init(&health, 0);
    assert_true(proxy_health_all_known(&health));
    assert_int_equal(proxy_health_alive(&health), 0);
}

static void one_failure_changes_nothing(void **state)
{
    struct proxy_health health = all_alive(2);

    for (int i = 0; i < 10; i++) {
        assert_false(proxy_health_add_result(&health, 1, false));
        assert_true(proxy_health_is_in_doubt(&health, 1));
        assert_false(proxy_health_add_result(&health, 1, true));
        assert_false(proxy_health_is_in_doubt(&health, 1));
    }
    assert_int_equal(proxy_health_alive(&health), 3);
}

static void two_results_in_a_row_change_the_state(void **state)
{
    struct proxy_health health = all_alive(3);

    assert_false(proxy_health_add_result(&health, 1, false));
    assert_int_equal(proxy_health_alive(&health), 7);
    assert_true(proxy_health_add_result(&health, 1, false));
    assert_int_equal(proxy_health_alive(&health), 5);
    assert_false(proxy_health_add_result(&health, 1, false));
    assert_false(proxy_health_is_in_doubt(&health, 1));
    assert_false(proxy_health_add_result(&health, 1, true));
    assert_int_equal(proxy_health_alive(&health), 5);
    assert_true(proxy_health_add_result(&health, 1, true));
    assert_int_equal(proxy_health_alive(&health), 7);
}

static void proxies_are_independent(void **state)
{
    struct proxy_health health = all_alive(2);

    assert_false(proxy_health_add_result(&health, 0, false));
    assert_false(proxy_health_add_result(&health, 1, false));
    assert_false(proxy_health_add_result(&health, 1, true));
    assert_true(proxy_health_add_result(&health, 0, false));
    assert_int_equal(proxy_health_alive(&health), 2);
}

static void the_last_possible_proxy_has_a_bit(void **state)
{
    struct proxy_health health = all_alive(CONF_LIST_MAX);

    assert_int_equal(proxy_health_alive(&health), ((uint64_t)1 << CONF_LIST_MAX) - 1);
}

static void counts_families_separately(void **state)
{
    struct inet_addresses proxies = {.n = 3};
    struct proxy_health health = all_alive(3);
    struct proxy_count count;

    proxies.at[0].any.sa_family = AF_INET;
    proxies.at[1].any.sa_family = AF_INET6;
    proxies.at[2].any.sa_family = AF_INET;
    proxy_health_add_result(&health, 1, false);
    proxy_health_add_result(&health, 1, false);
    count = proxy_health_count(&health, &proxies, AF_INET);
    assert_int_equal(count.configured, 2);
    assert_int_equal(count.alive, 2);
    count = proxy_health_count(&health, &proxies, AF_INET6);
    assert_int_equal(count.configured, 1);
    assert_int_equal(count.alive, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(not_all_are_known_before_each_has_a_state),
        cmocka_unit_test(without_proxies_all_are_known),
        cmocka_unit_test(one_failure_changes_nothing),
        cmocka_unit_test(two_results_in_a_row_change_the_state),
        cmocka_unit_test(proxies_are_independent),
        cmocka_unit_test(the_last_possible_proxy_has_a_bit),
        cmocka_unit_test(counts_families_separately),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
