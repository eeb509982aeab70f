#include "base/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

/* The input is in a heap buffer of its exact size, so that ASan detects an over-read. */
static const char *init(struct words *words, const char *text)
{
    size_t n = strlen(text);
    char *exact = malloc(n ? n : 1);
    const char *error;

    memcpy(exact, text, n);
    error = words_init(words, (struct span){exact, n});
    free(exact);
    return error;
}

static void check(const char *text, size_t n, const char *const *expected)
{
    struct words words;

    assert_null(init(&words, text));
    assert_int_equal(words.n, n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(words.at[i], expected[i]);
    assert_null(words.at[n]);
    words_fini(&words);
}

#define CHECK(text, ...) \
    check(text, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *[]){__VA_ARGS__})

static void splits_at_white_space(void **state)
{
    CHECK("/usr/bin/clamscan --no-summary -i", "/usr/bin/clamscan", "--no-summary", "-i");
    CHECK("  a\t\tb \n", "a", "b");
}

static void quotes_as_a_shell_does(void **state)
{
    CHECK("a 'b  c' \"d  e\"", "a", "b  c", "d  e");
    CHECK("a'b'\"c\"d", "abcd");
    CHECK("a '' \"\"", "a", "", "");
    CHECK("a\\ b \\'c \\\\", "a b", "'c", "\\");
    CHECK("a '\\n' \"\\n\\\"\\$\\\\\"", "a", "\\n", "\\n\"$\\");
}

static void leaves_what_only_a_shell_would_act_on(void **state)
{
    CHECK("a $HOME `id` $(id) ; | > < & * ~ #x", "a", "$HOME", "`id`", "$(id)", ";", "|", ">", "<", "&", "*",
          "~", "#x");
}

static void refuses_what_is_not_closed_or_empty(void **state)
{
    static const char *const wrong[] = {"", "  ", "a 'b", "a \"b", "a \"b\\\"", "a \\", "''", "'' a"};

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct words words;

        assert_non_null(init(&words, wrong[i]));
        assert_int_equal(words.n, 0);
    }
}

static void refuses_a_nul_byte_and_too_many_words(void **state)
{
    struct words words;
    char many[2 * (WORDS_MAX + 1) + 1] = {0};

    assert_non_null(words_init(&words, SPAN("a\0b")));
    for (size_t i = 0; i < WORDS_MAX + 1; i++)
        memcpy(many + 2 * i, "a ", 2);
    assert_non_null(init(&words, many));
    many[2 * WORDS_MAX] = '\0';
    assert_null(init(&words, many));
    assert_int_equal(words.n, WORDS_MAX);
    words_fini(&words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_at_white_space),
        cmocka_unit_test(quotes_as_a_shell_does),
        cmocka_unit_test(leaves_what_only_a_shell_would_act_on),
        cmocka_unit_test(refuses_what_is_not_closed_or_empty),
        cmocka_unit_test(refuses_a_nul_byte_and_too_many_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
