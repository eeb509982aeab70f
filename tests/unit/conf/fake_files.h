/* fake_files: files in memory for conf_read, each in a heap buffer of its exact size. */
#ifndef POSTERN_TESTS_FAKE_FILES_H
#define POSTERN_TESTS_FAKE_FILES_H

#include "conf/conf.h"
#include "gateway/plan/gateway_validate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

struct fake_file {
    const char *path;
    struct span text;
};

struct fake_files {
    size_t n;
    struct fake_file at[8];
};

struct read_result {
    struct conf conf;
    struct problems problems;
    bool ok;
};

static bool fake_read(void *context, const char *path, struct buf *into, struct buf *error)
{
    const struct fake_files *files = context;

    for (size_t i = 0; i < files->n; i++)
        if (strcmp(files->at[i].path, path) == 0) {
            buf_add(into, files->at[i].text);
            return true;
        }
    buf_add(error, SPAN("No such file or directory"));
    return false;
}

static bool fake_list(void *context, const char *directory, struct buf *into, struct buf *error)
{
    const struct fake_files *files = context;
    size_t found = 0;

    for (size_t i = 0; i < files->n; i++)
        if (strncmp(files->at[i].path, directory, strlen(directory)) == 0) {
            buf_add_format(into, "%s", files->at[i].path);
            buf_add_char(into, '\0');
            found++;
        }
    if (!found)
        buf_add(error, SPAN("No such file or directory"));
    return found > 0;
}

static inline struct read_result read_files(struct fake_files *files)
{
    const struct conf_files door = {fake_read, fake_list, files};
    static const conf_check checks[] = {gateway_validate, NULL};
    struct read_result result = {0};

    result.ok = conf_read(&result.conf, files->at[0].path, &door, checks, &result.problems);
    assert_int_equal(result.ok, result.problems.errors == 0);
    return result;
}

static inline struct read_result read_text(struct span text)
{
    struct fake_files files = {1, {{"f", text}}};

    return read_files(&files);
}

static inline void result_fini(struct read_result *result)
{
    conf_fini(&result->conf);
    problems_fini(&result->problems);
}

/* Returns all problems, one per line; warnings begin with "warning: ". */
static inline char *problems_text(const struct problems *problems)
{
    struct buf text = {0};

    for (size_t i = 0; i < problems->n; i++)
        buf_add_format(&text, "%s%s\n", problems->at[i].is_error ? "" : "warning: ", problems->at[i].text);
    return (char *)(uintptr_t)buf_c_str(&text);
}

/* Asserts that reading the text yields exactly these problems. */
static inline void assert_problems(struct span text, const char *expected)
{
    struct read_result result = read_text(text);
    char *found = problems_text(&result.problems);

    assert_string_equal(found, expected);
    free(found);
    result_fini(&result);
}

#endif
