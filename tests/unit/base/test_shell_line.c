#include "base/shell_line.h"
#include "base/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* The input is in a heap buffer of its exact size, so that ASan detects an over-read. */
static void check(const char *line, const char *expected)
{
    size_t n = strlen(line);
    char *exact = malloc(n ? n : 1);
    struct span found;

    memcpy(exact, line, n);
    found = shell_line_find((struct span){exact, n});
    assert_int_equal(found.n, strlen(expected));
    assert_memory_equal(found.n ? found.p : "", expected, found.n);
    free(exact);
}

static void finds_what_only_a_shell_understands(void **state)
{
    check("/usr/bin/clamscan --no-summary - <", "<");
    check("/usr/bin/clamscan -i 2>/dev/null", "2>/dev/null");
    check("/usr/bin/clamscan >/dev/null 2>&1", ">/dev/null");
    check("/usr/bin/clamscan -i>/dev/null", "-i>/dev/null");
    check("/bin/cat | /usr/bin/clamscan -", "|");
    check("/bin/cat|/usr/bin/clamscan -", "/bin/cat|/usr/bin/clamscan");
    check("/usr/bin/clamscan -i; true", "-i;");
    check("/usr/bin/clamscan -i || true", "||");
    check("/usr/bin/clamscan -i && true", "&&");
    check("/usr/bin/clamscan -i&&true", "-i&&true");
    check("/usr/bin/clamscan &", "&");
    check("/usr/bin/clamscan -d $(cat /etc/place)", "$(cat");
    check("/usr/bin/clamscan -d `cat /etc/place`", "`cat");
    check("/usr/bin/clamscan -d $HOME/db", "$HOME/db");
    check("/usr/bin/clamscan -d ${HOME}", "${HOME}");
    check("/usr/bin/clamscan -d ~/db", "~/db");
    check("/usr/bin/clamscan -d ~clamav", "~clamav");
    check("/usr/bin/clamscan /var/lib/*.ndb", "/var/lib/*.ndb");
    check("/opt/scanner-?/scan", "/opt/scanner-?/scan");
}

static void lets_quoted_words_and_arguments_be(void **state)
{
    check("", "");
    check("/usr/bin/clamscan --no-summary -i", "");
    check("/bin/sh -c 'clamscan - < \"$0\" 2>/dev/null | cat; exit 0'", "");
    check("/usr/bin/scan \"a > b\" '<' \\> \\$HOME \"$(x)\"", "");
    check("/usr/bin/scan --include=*.exe --exclude=a|b --set=x;y --and=a&b", "");
    check("/usr/bin/scan --price=5$ a~b -x? [a]", "");
    check("/usr/bin/scan 'not closed >", "");
    check("/usr/bin/scan \\", "");
}

/* The proposal has three words; the third one is the line for a shell. */
static void what_it_proposes_starts_a_shell(void **state)
{
    struct buf line = {0};
    struct words words;

    shell_line_add_wrapped(&line, SPAN("/usr/bin/clamscan -x 'a b' - <"));
    assert_int_equal(shell_line_find(buf_span(&line)).n, 0);
    assert_null(words_init(&words, buf_span(&line)));
    assert_int_equal(words.n, 3);
    assert_string_equal(words.at[0], "/bin/sh");
    assert_string_equal(words.at[1], "-c");
    assert_string_equal(words.at[2], "/usr/bin/clamscan -x 'a b' - < \"$0\"");
    words_fini(&words);
    buf_fini(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_only_a_shell_understands),
        cmocka_unit_test(lets_quoted_words_and_arguments_be),
        cmocka_unit_test(what_it_proposes_starts_a_shell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
