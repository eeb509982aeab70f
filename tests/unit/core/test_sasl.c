#include "core/sasl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static const char *user_of(const char *mechanism, uint32_t step, const char *response)
{
    static char user[SASL_USER_MAX + 1];

    user[0] = '\0';
    return sasl_user(span_of(mechanism), step, span_of(response), user) ? user : "(none)";
}

static void finds_the_name_in_each_mechanism(void **state)
{
    assert_string_equal(user_of("plain", 0, "AHVzZXIAcGFzcw=="), "user");
    assert_string_equal(user_of("PLAIN", 0, "YWRtaW4AdXNlcgBwYXNz"), "user");
    assert_string_equal(user_of("LOGIN", 0, "dXNlcg=="), "user");
    assert_string_equal(user_of("CRAM-MD5", 0, "dXNlciAwMTIz"), "user");
    assert_string_equal(user_of("SCRAM-SHA-256", 0, "bixhPXgsbj11c2VyLHI9YWJj"), "user");
    assert_string_equal(user_of("XOAUTH2", 0, "dXNlcj11c2VyAWF1dGg9QmVhcmVyIHgBAQ=="), "user");
    assert_string_equal(user_of("OAUTHBEARER", 0, "bixhPXVzZXIsAWF1dGg9QmVhcmVyIHgBAQ=="), "user");
}

static void never_takes_a_later_response_for_a_name(void **state)
{
    assert_string_equal(user_of("LOGIN", 1, "cGFzcw=="), "(none)");
}

static void takes_no_name_from_what_holds_none(void **state)
{
    assert_string_equal(user_of("PLAIN", 0, "dXNlcg=="), "(none)");
    assert_string_equal(user_of("PLAIN", 0, "AHVzZXI="), "(none)");
    assert_string_equal(user_of("CRAM-MD5", 0, "dXNlcg=="), "(none)");
    assert_string_equal(user_of("LOGIN", 0, "*"), "(none)");
    assert_string_equal(user_of("LOGIN", 0, ""), "(none)");
    assert_string_equal(user_of("EXTERNAL", 0, "dXNlcg=="), "(none)");
}

/* Not even if the token contains the text that precedes a name [P6]. */
static void takes_no_part_of_a_token_for_a_name(void **state)
{
    /* n,,^Ahost=h^Aauth=Bearer secreta=secret^A^A */
    assert_string_equal(user_of("OAUTHBEARER", 0, "biwsAWhvc3Q9aAFhdXRoPUJlYXJlciBzZWNyZXRhPXNlY3JldAEB"),
                        "(none)");
    /* auth=Bearer user=secret^A^A */
    assert_string_equal(user_of("XOAUTH2", 0, "YXV0aD1CZWFyZXIgdXNlcj1zZWNyZXQBAQ=="), "(none)");
}

static void survives_anything(void **state)
{
    static const char *const mechanisms[] = {"PLAIN",       "LOGIN",   "CRAM-MD5",
                                             "SCRAM-SHA-1", "XOAUTH2", "OAUTHBEARER"};

    srand(11);
    for (int i = 0; i < 20000; i++) {
        size_t n = (size_t)rand() % 1200;
        char *response = malloc(n ? n : 1);
        char user[SASL_USER_MAX + 1];

        for (size_t k = 0; k < n; k++)
            response[k] = "ABCDwxyz0189+/="[rand() % 15];
        if (sasl_user(span_of(mechanisms[i % 6]), 0, (struct span){response, n}, user))
            assert_true(strlen(user) <= SASL_USER_MAX);
        free(response);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_name_in_each_mechanism),
        cmocka_unit_test(never_takes_a_later_response_for_a_name),
        cmocka_unit_test(takes_no_name_from_what_holds_none),
        cmocka_unit_test(takes_no_part_of_a_token_for_a_name),
        cmocka_unit_test(survives_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
