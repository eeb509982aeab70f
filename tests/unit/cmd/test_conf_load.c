#include "cmd/conf_load.h"
#include "sys/whole_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char directory[] = "/tmp/postern-conf-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[256];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int make_directory(void **state)
{
    return mkdtemp(directory) && mkdir(path_of("d"), 0700) == 0 ? 0 : -1;
}

static int remove_directory(void **state)
{
    static const char *const names[] = {"f", "d/10.conf", "d/9.conf", "d/.x.conf", "d/conf", "fifo", "large"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlink(path_of(names[i]));
    return rmdir(path_of("d")) == 0 && rmdir(directory) == 0 ? 0 : -1;
}

static void reads_a_file_and_its_drop_ins_in_byte_order(void **state)
{
    struct conf conf;
    struct problems problems = {0};
    char text[512];

    snprintf(text, sizeof text, "[postern]\nuser = a\ninclude = %s\n[pop3]\ntls = block\n", path_of("d"));
    write_file("f", text);
    write_file("d/10.conf", "[postern]\nuser = ten\nreaders = 10\n");
    write_file("d/9.conf", "[postern]\nuser = nine\n");
    write_file("d/.x.conf", "not read");
    write_file("d/conf", "not read");
    assert_true(conf_load(&conf, path_of("f"), &problems));
    assert_int_equal(problems.n, 0);
    assert_string_equal(conf.postern.user, "nine");
    assert_int_equal(conf.postern.readers, 10);
    conf_fini(&conf);
    problems_fini(&problems);
}

static void assert_unreadable(const char *path, const char *why)
{
    struct conf conf;
    struct problems problems = {0};
    char expected[512];

    snprintf(expected, sizeof expected, "%s: %s", path, why);
    assert_false(conf_load(&conf, path, &problems));
    assert_int_equal(problems.n, 1);
    assert_string_equal(problems.at[0].text, expected);
    conf_fini(&conf);
    problems_fini(&problems);
}

static void says_why_a_file_cannot_be_read(void **state)
{
    FILE *large;

    assert_unreadable(path_of("nothing"), "No such file or directory");
    assert_unreadable(directory, "Is a directory");
    assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
    assert_unreadable(path_of("fifo"), "not a regular file");
    large = fopen(path_of("large"), "w");
    assert_non_null(large);
    assert_int_equal(ftruncate(fileno(large), (1 << 20) + 1), 0);
    fclose(large);
    assert_unreadable(path_of("large"), "the file is too large");
}

static void a_file_of_exactly_the_limit_is_read(void **state)
{
    struct buf text = {0}, error = {0};

    write_file("f", "12345");
    assert_true(whole_file_read(path_of("f"), 5, &text, &error));
    assert_string_equal(buf_c_str(&text), "12345");
    assert_false(whole_file_read(path_of("f"), 4, &text, &error));
    buf_fini(&text);
    buf_fini(&error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_file_and_its_drop_ins_in_byte_order),
        cmocka_unit_test(says_why_a_file_cannot_be_read),
        cmocka_unit_test(a_file_of_exactly_the_limit_is_read),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
