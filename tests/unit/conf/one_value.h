/* one_value: sets and prints a single value of the configuration. */
#ifndef POSTERN_TESTS_ONE_VALUE_H
#define POSTERN_TESTS_ONE_VALUE_H

#include "tests/unit/conf/fake_files.h"

#include "conf/value.h"

/* Sets one key. Returns the value as printed, or the error in parentheses. */
static inline char *try(const char *section, const char *key, const char *text)
{
    const struct setting *setting = schema_find(span_of(section), span_of(key));
    struct buf out = {0}, error = {0};
    struct conf conf;
    char *exact = mem_grow(NULL, strlen(text), 1);

    assert_non_null(setting);
    memcpy(exact, text, strlen(text));
    conf_set_defaults(&conf);
    if (value_set(setting, &conf, (struct span){exact, strlen(text)}, &error)) {
        assert_int_equal(error.n, 0);
        value_print(setting, &conf, &out);
    } else {
        buf_add_format(&out, "(%s)", buf_c_str(&error));
    }
    free(exact);
    buf_fini(&error);
    conf_fini(&conf);
    return (char *)(uintptr_t)buf_c_str(&out);
}

static inline void assert_value(const char *section, const char *key, const char *text, const char *expected)
{
    char *found = try(section, key, text);

    assert_string_equal(found, expected);
    free(found);
}

static inline void assert_each_refused(const char *section, const char *key, const char *wanted,
                                       const char *const *texts)
{
    struct buf expected = {0};

    for (; *texts; texts++) {
        buf_clear(&expected);
        buf_add_format(&expected, "(expected %s, got \"%s\")", wanted, *texts);
        assert_value(section, key, *texts, buf_c_str(&expected));
    }
    buf_fini(&expected);
}

/* Asserts that each of these texts is rejected with the message "expected `wanted`, got ...". */
#define assert_refused(section, key, wanted, ...) \
    assert_each_refused(section, key, wanted, (const char *const[]){__VA_ARGS__, NULL})

#endif
