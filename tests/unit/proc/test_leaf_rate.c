/* How many new leaves a relay may request. */
#include "proc/leaf_rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

static struct leaf_rate rate;

static int begin(void **state)
{
    rate = (struct leaf_rate){0};
    return 0;
}

static unsigned take_all(unsigned index, uint64_t now_ms)
{
    unsigned n = 0;

    while (leaf_rate_take(&rate, index, now_ms) == LEAF_RATE_OK)
        n++;
    return n;
}

static void sixty_at_once_then_one_per_second(void **state)
{
    assert_int_equal(take_all(0, 5000), 60);
    assert_int_equal(take_all(0, 5999), 0);
    assert_int_equal(take_all(0, 6000), 1);
    assert_int_equal(take_all(0, 16500), 10);
    assert_int_equal(take_all(0, 17000), 1);
    assert_int_equal(take_all(0, 10000000), 60);
}

static void the_first_refusal_is_told_apart(void **state)
{
    assert_int_equal(take_all(0, 0), 60);
    assert_int_equal(leaf_rate_take(&rate, 0, 0), LEAF_RATE_LIMITED);
    assert_int_equal(leaf_rate_take(&rate, 0, 1000), LEAF_RATE_OK);
    assert_int_equal(leaf_rate_take(&rate, 0, 1000), LEAF_RATE_LIMITED_NOW);
    assert_int_equal(leaf_rate_take(&rate, 0, 1000), LEAF_RATE_LIMITED);
}

static void relays_do_not_limit_each_other(void **state)
{
    for (unsigned index = 0; index < LEAF_RATE_RELAYS; index++)
        assert_int_equal(take_all(index, 1000 + index), 60);
    assert_int_equal(take_all(LEAF_RATE_RELAYS, 2000), 60);
    assert_int_equal(take_all(1, 2000), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(sixty_at_once_then_one_per_second, begin),
        cmocka_unit_test_setup(the_first_refusal_is_told_apart, begin),
        cmocka_unit_test_setup(relays_do_not_limit_each_other, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
