/* A second listener beside POP3's, which no file can give: what is said of one is said of the other, and what
 * one is given does not touch the other. */
#include "conf/conf_validate.h"
#include "conf/reading.h"
#include "conf/without_ipv6.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define OTHER ((enum protocol_id)(PROTOCOL_POP3 + 1))

static struct conf conf;
static struct problems problems;

/* The other protocol's listener has POP3's defaults, but for its port. */
static int begin(void **state)
{
    conf_set_defaults(&conf);
    conf.listeners[OTHER] = conf.listeners[PROTOCOL_POP3];
    conf.listeners[OTHER].listen.at[0].in.sin_port = htons(8143);
    conf.listeners[OTHER].listen.at[1].in6.sin6_port = htons(8143);
    return 0;
}

static int end(void **state)
{
    conf_fini(&conf);
    problems_fini(&problems);
    problems = (struct problems){0};
    return 0;
}

static void validate(void)
{
    struct reading reading = {.conf = &conf, .problems = &problems, .at = {"f", 0}};

    conf_validate(&reading);
}

static bool says(const char *words)
{
    for (size_t i = 0; i < problems.n; i++)
        if (strstr(problems.at[i].text, words))
            return true;
    return false;
}

static void two_listeners_with_addresses_of_their_own_are_well(void **state)
{
    validate();
    assert_int_equal(problems.n, 0);
}

static void an_address_is_one_listeners(void **state)
{
    conf.listeners[OTHER].listen.at[1].in6.sin6_port = htons(8110);
    validate();
    assert_int_equal(problems.errors, 1);
    assert_true(says("listen has an address that [pop3] listens on"));
}

static void each_is_checked(void **state)
{
    conf.listeners[OTHER].interception = INTERCEPTION_FIXED;
    conf.listeners[OTHER].patience_ms = 60000;
    conf.quarantine.max_bytes = conf.listeners[PROTOCOL_POP3].message_max_bytes;
    conf.listeners[OTHER].message_max_bytes++;
    validate();
    assert_int_equal(problems.n, 3);
    assert_true(says("interception = fixed needs a target"));
    assert_true(says("patience is over 50s"));
    assert_true(says("max_bytes is less than [none] message_max"));
}

static void one_that_is_off_is_not(void **state)
{
    conf.listeners[OTHER].interception = INTERCEPTION_FIXED;
    conf.listeners[OTHER].listen.n = 0;
    validate();
    assert_int_equal(problems.n, 0);
    assert_false(conf_has_interception(&conf, INTERCEPTION_FIXED));
    assert_true(conf_has_interception(&conf, INTERCEPTION_REDIRECT));
}

static void a_clients_address_is_not_for_a_fixed_target_of_any(void **state)
{
    conf.upstream.source = SOURCE_CLIENT;
    validate();
    assert_int_equal(problems.n, 0);
    conf.listeners[OTHER].interception = INTERCEPTION_FIXED;
    conf.listeners[OTHER].target.n = 1;
    validate();
    assert_int_equal(problems.n, 1);
    assert_true(says("source = client is not valid with interception = fixed"));
}

static void without_ipv6_each_default_is_left_out(void **state)
{
    conf.listeners[PROTOCOL_POP3].is_listen_default = conf.listeners[OTHER].is_listen_default = true;
    without_ipv6_fit(&conf, &problems);
    assert_int_equal(problems.n, 2);
    assert_int_equal(problems.errors, 0);
    assert_true(says("the default listener [::]:8110 is left out"));
    assert_true(says("the default listener [::]:8143 is left out"));
    assert_int_equal(conf.listeners[OTHER].listen.n, 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(two_listeners_with_addresses_of_their_own_are_well),
        T(an_address_is_one_listeners),
        T(each_is_checked),
        T(one_that_is_off_is_not),
        T(a_clients_address_is_not_for_a_fixed_target_of_any),
        T(without_ipv6_each_default_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
