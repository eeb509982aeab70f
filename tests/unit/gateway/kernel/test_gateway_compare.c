#include "gateway/kernel/gateway_compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#define CHAIN(name, policy) "{'chain': {'name': '" name "', 'handle': 1, 'policy': '" policy "'}}"
#define RULE(chain, comment, handle, packets, verdict)                                                       \
    "{'rule': {'chain': '" chain "', 'handle': " handle ", 'comment': '" comment "', 'expr': [{'counter': {" \
    "'packets': " packets ", 'bytes': 0}}, {'" verdict "': null}]}}"
#define SET(elements) "{'set': {'name': 's', 'handle': 9, 'flags': ['timeout'], 'elem': [" elements "]}}"
/* As nft 1.1.7 lists it. */
#define COUNTED_SET(count) "{'set': {'name': 's', 'handle': 9, 'count': " count ", 'flags': ['timeout']}}"
#define PLANNED                                                                                           \
    "[" CHAIN("a", "accept") "," SET("") "," RULE("a", "one", "4", "0", "drop") "," RULE("a", "two", "5", \
                                                                                         "0", "accept") "]"

static json_t *table_of(const char *text)
{
    char *json = mem_copy_string(span_of(text));
    json_t *table;

    for (char *c = json; *c; c++)
        if (*c == '\'')
            *c = '"';
    table = json_loads(json, 0, NULL);
    assert_non_null(table);
    free(json);
    return table;
}

/* Asserts the only difference between the plan and `actual`; NULL: none. */
static void assert_difference(const char *actual, const char *expected)
{
    json_t *planned = table_of(PLANNED), *table = actual ? table_of(actual) : NULL;
    struct problems problems = {0};

    gateway_compare(planned, table, &problems);
    assert_int_equal(problems.n, expected ? 1 : 0);
    if (expected)
        assert_string_equal(problems.at[0].text, expected);
    assert_int_equal(problems.errors, problems.n);
    problems_fini(&problems);
    json_decref(planned);
    json_decref(table);
}

static void ignores_handles_counters_and_elements(void **state)
{
    assert_difference(PLANNED, NULL);
    assert_difference("[" RULE("a", "one", "40", "7",
                               "drop") "," RULE("a", "two", "50", "8",
                                                "accept") "," CHAIN("a", "accept") "," SET("'192.0.2.1'") "]",
                      NULL);
    assert_difference("[" CHAIN("a", "accept") "," COUNTED_SET("1") "," RULE(
                          "a", "one", "4", "0", "drop") "," RULE("a", "two", "5", "0", "accept") "]",
                      NULL);
}

static void names_each_difference(void **state)
{
    assert_difference(NULL, "table inet postern is missing");
    assert_difference("[" CHAIN("a", "drop") "," SET("") "," RULE("a", "one", "4", "0", "drop") "," RULE(
                          "a", "two", "5", "0", "accept") "]",
                      "table inet postern: chain a has the policy drop, expected accept");
    assert_difference("[" CHAIN("a", "accept") "," RULE("a", "one", "4", "0",
                                                        "drop") "," RULE("a", "two", "5", "0", "accept") "]",
                      "table inet postern: set s is missing");
    assert_difference("[" CHAIN("a", "accept") "," SET("") "," RULE("a", "two", "5", "0", "accept") "]",
                      "table inet postern: chain a: the rule \"one\" is missing");
    assert_difference("[" CHAIN("a", "accept") "," SET("") "," RULE("a", "one", "4", "0", "accept") "," RULE(
                          "a", "two", "5", "0", "accept") "]",
                      "table inet postern: chain a: the rule \"one\" was changed");
    assert_difference("[" CHAIN("a", "accept") "," SET("") "," RULE("a", "two", "5", "0", "accept") "," RULE(
                          "a", "one", "4", "0", "drop") "]",
                      "table inet postern: chain a: its rules are in another order");
    assert_difference("[" CHAIN("a", "accept") "," SET("") "," RULE("a", "one", "4", "0", "drop") "," RULE(
                          "a", "", "7", "0", "drop") "," RULE("a", "two", "5", "0", "accept") "]",
                      "table inet postern: chain a: the rule with handle 7 is not ours");
    assert_difference("[" CHAIN("a", "accept") "," SET("") "," RULE("a", "one", "4", "0", "drop") "," RULE(
                          "a", "one", "7", "0", "drop") "," RULE("a", "two", "5", "0", "accept") "]",
                      "table inet postern: chain a: the rule with handle 7 is not ours");
    assert_difference("[" CHAIN("a", "accept") "," CHAIN("b", "accept") "," SET("") "," RULE(
                          "a", "one", "4", "0", "drop") "," RULE("a", "two", "5", "0", "accept") "]",
                      "table inet postern: chain b is not ours");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ignores_handles_counters_and_elements),
        cmocka_unit_test(names_each_difference),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
