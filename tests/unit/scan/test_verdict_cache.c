#include "scan/verdict_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static struct digest digest_of(uint32_t n)
{
    struct digest digest = {{0}};

    /* The first bytes choose the slot; some digests share one. */
    digest.bytes[0] = (uint8_t)(n % 7);
    memcpy(digest.bytes + 8, &n, sizeof n);
    return digest;
}

static struct verdict infected(const char *name)
{
    struct verdict verdict = {0};

    verdict_set_found(&verdict, span_of(name));
    return verdict;
}

static bool get(struct verdict_cache *cache, uint32_t n, struct verdict *verdict)
{
    struct digest digest = digest_of(n);

    return verdict_cache_get(cache, MESSAGE_MAIL, &digest, verdict);
}

static void put(struct verdict_cache *cache, uint32_t n, struct verdict verdict)
{
    struct digest digest = digest_of(n);

    verdict_cache_put(cache, verdict_cache_epoch(cache), MESSAGE_MAIL, &digest, &verdict);
}

static void returns_the_verdict_of_each_message(void **state)
{
    struct verdict_cache *cache = verdict_cache_new(100);
    struct verdict verdict;

    put(cache, 1, (struct verdict){.kind = VERDICT_CLEAN});
    put(cache, 2, infected("Eicar"));
    assert_true(get(cache, 1, &verdict));
    assert_int_equal(verdict.kind, VERDICT_CLEAN);
    assert_true(get(cache, 2, &verdict));
    assert_string_equal(verdict.name, "Eicar");
    assert_false(get(cache, 3, &verdict));
    verdict_cache_free(&cache);
    assert_null(cache);
}

static void distinguishes_mail_and_file_of_the_same_bytes(void **state)
{
    struct verdict_cache *cache = verdict_cache_new(100);
    struct verdict virus = infected("Eicar"), verdict;
    struct digest digest = digest_of(1);

    put(cache, 1, (struct verdict){.kind = VERDICT_CLEAN});
    assert_false(verdict_cache_get(cache, MESSAGE_FILE, &digest, &verdict));
    verdict_cache_put(cache, verdict_cache_epoch(cache), MESSAGE_FILE, &digest, &virus);
    assert_true(get(cache, 1, &verdict));
    assert_int_equal(verdict.kind, VERDICT_CLEAN);
    for (uint32_t n = 100; n < 150; n++) /* the young generation gets old */
        put(cache, n, infected("other"));
    assert_true(verdict_cache_get(cache, MESSAGE_FILE, &digest, &verdict));
    assert_string_equal(verdict.name, "Eicar");
    assert_true(get(cache, 1, &verdict));
    assert_int_equal(verdict.kind, VERDICT_CLEAN);
    verdict_cache_free(&cache);
}

static void never_keeps_a_failure(void **state)
{
    struct verdict_cache *cache = verdict_cache_new(100);
    struct verdict verdict;

    put(cache, 1, (struct verdict){.kind = VERDICT_FAILED});
    assert_false(get(cache, 1, &verdict));
    verdict_cache_free(&cache);
}

static void clear_forgets_all_and_refuses_verdicts_requested_before(void **state)
{
    struct verdict_cache *cache = verdict_cache_new(100);
    uint64_t before = verdict_cache_epoch(cache);
    struct digest digest = digest_of(2);
    struct verdict clean = {.kind = VERDICT_CLEAN}, verdict;

    put(cache, 1, clean);
    verdict_cache_clear(cache);
    assert_false(get(cache, 1, &verdict));
    verdict_cache_put(cache, before, MESSAGE_MAIL, &digest, &clean);
    assert_false(get(cache, 2, &verdict));
    put(cache, 2, clean);
    assert_true(get(cache, 2, &verdict));
    verdict_cache_free(&cache);
}

static void respects_its_capacity_and_keeps_entries_that_are_used(void **state)
{
    struct verdict_cache *cache = verdict_cache_new(100);
    struct verdict verdict;
    int kept = 0;

    put(cache, 0, infected("asked-for"));
    for (uint32_t n = 1; n <= 1000; n++) {
        put(cache, n, infected("other"));
        if (n % 20 == 0)
            assert_true(get(cache, 0, &verdict));
    }
    assert_string_equal(verdict.name, "asked-for");
    for (uint32_t n = 1; n <= 1000; n++)
        kept += get(cache, n, &verdict);
    assert_in_range(kept, 49, 100);
    assert_true(get(cache, 1000, &verdict) || kept == 100);
    verdict_cache_free(&cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(returns_the_verdict_of_each_message),
        cmocka_unit_test(distinguishes_mail_and_file_of_the_same_bytes),
        cmocka_unit_test(never_keeps_a_failure),
        cmocka_unit_test(clear_forgets_all_and_refuses_verdicts_requested_before),
        cmocka_unit_test(respects_its_capacity_and_keeps_entries_that_are_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
