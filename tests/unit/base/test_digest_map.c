#include "base/digest_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <string.h>

/* The first eight bytes choose the slot: digests with equal `aim` share it, `n` distinguishes them. */
static struct digest digest_of(uint64_t aim, uint32_t n)
{
    struct digest digest = {0};

    memcpy(digest.bytes, &aim, sizeof aim);
    memcpy(digest.bytes + DIGEST_SIZE - sizeof n, &n, sizeof n);
    return digest;
}

static void an_empty_map_has_nothing(void **state)
{
    struct digest_map map = {0};
    struct digest digest = digest_of(0, 0);
    uint32_t value = 7;

    assert_false(digest_map_get(&map, &digest, &value));
    assert_int_equal(value, 7);
    digest_map_fini(&map);
}

static void keeps_ten_thousand_apart(void **state)
{
    struct digest_map map = {0};
    uint32_t value;

    for (uint32_t i = 0; i < 10000; i++) {
        struct digest digest = digest_of(i * 0x9e3779b97f4a7c15u, i);

        digest_map_put(&map, &digest, i);
    }
    assert_int_equal(map.n, 10000);
    for (uint32_t i = 0; i < 10000; i++) {
        struct digest digest = digest_of(i * 0x9e3779b97f4a7c15u, i);
        struct digest other = digest_of(i * 0x9e3779b97f4a7c15u, i + 1);

        assert_true(digest_map_get(&map, &digest, &value));
        assert_int_equal(value, i);
        assert_false(digest_map_get(&map, &other, &value));
    }
    digest_map_fini(&map);
}

static void digests_aimed_at_one_slot_are_kept_apart(void **state)
{
    struct digest_map map = {0};
    uint32_t value;

    for (uint32_t i = 0; i < 500; i++) {
        struct digest digest = digest_of(UINT64_MAX, i);

        digest_map_put(&map, &digest, i);
    }
    for (uint32_t i = 0; i < 500; i++) {
        struct digest digest = digest_of(UINT64_MAX, i);

        assert_true(digest_map_get(&map, &digest, &value));
        assert_int_equal(value, i);
    }
    digest_map_fini(&map);
}

static void a_second_put_replaces(void **state)
{
    struct digest_map map = {0};
    struct digest digest = digest_of(3, 3);
    uint32_t value;

    digest_map_put(&map, &digest, 1);
    digest_map_put(&map, &digest, 2);
    assert_int_equal(map.n, 1);
    assert_true(digest_map_get(&map, &digest, &value));
    assert_int_equal(value, 2);
    digest_map_fini(&map);
    assert_null(map.slots);
}

static void what_is_not_there_can_be_taken_out(void **state)
{
    struct digest_map map = {0};
    struct digest digest = digest_of(3, 3), other = digest_of(3, 4);
    uint32_t value;

    digest_map_remove(&map, &digest);
    digest_map_put(&map, &digest, 1);
    digest_map_remove(&map, &other);
    assert_int_equal(map.n, 1);
    assert_true(digest_map_get(&map, &digest, &value));
    digest_map_remove(&map, &digest);
    assert_int_equal(map.n, 0);
    assert_false(digest_map_get(&map, &digest, &value));
    digest_map_fini(&map);
}

/* Few target slots, so that digests of several slots are interleaved, also across the end of the table. */
static void a_removed_entry_does_not_hide_later_ones(void **state)
{
    enum { DIGESTS = 400, STEPS = 40000 };
    static bool is_there[DIGESTS];
    struct digest_map map = {0};
    uint64_t random = 0x9e3779b97f4a7c15u;
    uint32_t value;
    size_t there = 0;

    for (int step = 0; step < STEPS; step++) {
        uint32_t n =
            (uint32_t)((random = random * 6364136223846793005u + 1442695040888963407u) >> 33) % DIGESTS;
        struct digest digest = digest_of(UINT64_MAX - n % 7, n);

        if (is_there[n])
            digest_map_remove(&map, &digest);
        else
            digest_map_put(&map, &digest, n);
        is_there[n] = !is_there[n];
        there += is_there[n] ? 1 : (size_t)-1;
        assert_int_equal(map.n, there);
        for (uint32_t i = 0; step % 100 == 0 && i < DIGESTS; i++) {
            digest = digest_of(UINT64_MAX - i % 7, i);
            assert_int_equal(digest_map_get(&map, &digest, &value), is_there[i]);
            assert_true(!is_there[i] || value == i);
        }
    }
    digest_map_fini(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_map_has_nothing),
        cmocka_unit_test(keeps_ten_thousand_apart),
        cmocka_unit_test(digests_aimed_at_one_slot_are_kept_apart),
        cmocka_unit_test(a_second_put_replaces),
        cmocka_unit_test(what_is_not_there_can_be_taken_out),
        cmocka_unit_test(a_removed_entry_does_not_hide_later_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
