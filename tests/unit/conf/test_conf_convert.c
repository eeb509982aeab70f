#include "tests/unit/conf/article.h"
#include "tests/unit/conf/fake_files.h"

#include "conf/schema.h"

enum { GONE = 42 }; /* number of keys without a purpose in Postern */

/* A file of 200 lines with every key of P3Scan. */
static const char *every_key_file;

/* Per type of setting. */
static const struct {
    size_t size;
    bool is_string;
} fields[] = {
#define X(name, type) [SETTING_##name] = {sizeof(type), _Generic((type){0}, char * : true, default : false)},
    SETTING_TYPES(X)
#undef X
};

static void assert_same(const struct conf *a, const struct conf *b)
{
    for (size_t i = 0; i < schema_count(); i++) {
        const struct setting *setting = schema_at(i);
        const char *in_a = (const char *)a + setting->offset, *in_b = (const char *)b + setting->offset;

        if (fields[setting->type].is_string)
            assert_string_equal(*(char *const *)in_a, *(char *const *)in_b);
        else
            assert_memory_equal(in_a, in_b, fields[setting->type].size);
    }
}

/* A printed configuration, in full or in brief, is read without warnings and yields the same
 * configuration. */
static void assert_comes_back(struct span text)
{
    struct read_result before = read_text(text);

    assert_true(before.ok);
    for (int all = 0; all < 2; all++) {
        struct buf printed = {0};
        struct read_result after;

        conf_print(&before.conf, all, &printed);
        after = read_text(buf_span(&printed));
        assert_int_equal(after.problems.n, 0);
        assert_same(&before.conf, &after.conf);
        result_fini(&after);
        buf_fini(&printed);
    }
    result_fini(&before);
}

static struct buf every_key(void)
{
    FILE *file = fopen(every_key_file, "rb");
    struct buf text = {0};
    size_t n;

    assert_non_null(file);
    while ((n = fread(buf_reserve(&text, 4096), 1, 4096, file)) > 0)
        text.n += n;
    fclose(file);
    return text;
}

static void the_defaults_come_back(void **state)
{
    assert_comes_back(SPAN(""));
}

static void the_file_of_the_article_comes_back(void **state)
{
    assert_comes_back(span_of(article));
}

static void values_that_need_quotes_come_back(void **state)
{
    assert_comes_back(SPAN("subject = \"a\" # \\b\"\n"));
    assert_comes_back(SPAN("notify = # no comment\nsubject = \\\n"));
    assert_comes_back(SPAN("virusregexp = ^\"(.*)\" #[0-9]+ \\\\/1\nscanner = /bin/s \"a b\" '#' c\\\\d\n"));
    assert_comes_back(SPAN("notify = d\351truit\n"));
}

static void every_engine_comes_back(void **state)
{
    assert_comes_back(SPAN("scannertype = clamd\n"));
    assert_comes_back(SPAN("scannertype = clamd\nscanner = /run/clamav/clamd.ctl\n"));
    assert_comes_back(SPAN("scannertype = clamav\n"));
    assert_comes_back(SPAN("scanner = /bin/s -x\nviruscode = 1 2 13\ngoodcode = 10\n"));
    assert_comes_back(SPAN("targetip = 192.0.2.7\ntargetport = 1110\nquiet\n"));
}

static void two_hundred_lines_with_every_key_come_back(void **state)
{
    struct buf text = every_key();

    assert_comes_back(buf_span(&text));
    buf_fini(&text);
}

/* Every line that is neither a comment nor blank either sets something or gets a message. */
static void every_key_of_p3scan_is_known(void **state)
{
    struct buf text = every_key();
    struct read_result result = read_text(buf_span(&text));
    size_t lines = 0;

    for (size_t i = 0; i < text.n; i++)
        lines += text.p[i] == '\n';
    assert_int_equal(lines, 200);
    assert_true(result.ok);
    assert_int_equal(result.problems.n, GONE);
    for (size_t i = 0; i < result.problems.n; i++)
        assert_non_null(strstr(result.problems.at[i].text, " has no effect: "));
    assert_int_equal(result.conf.listeners[PROTOCOL_POP3].max_sessions, 60);
    assert_int_equal(result.conf.spool.min_free_bytes, 10000 * 1024);
    assert_int_equal(result.conf.command.clean_codes.n, 3);
    assert_string_equal(result.conf.notice.subject, "[virus] # found in a message for you:");
    result_fini(&result);
    buf_fini(&text);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_defaults_come_back),
        cmocka_unit_test(the_file_of_the_article_comes_back),
        cmocka_unit_test(values_that_need_quotes_come_back),
        cmocka_unit_test(every_engine_comes_back),
        cmocka_unit_test(two_hundred_lines_with_every_key_come_back),
        cmocka_unit_test(every_key_of_p3scan_is_known),
    };

    if (argc < 2)
        return 1;
    every_key_file = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
