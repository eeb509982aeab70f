#include "scan/signature_files.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char directory[40];

static int make_directory(void **state)
{
    strcpy(directory, "/tmp/signature-files-XXXXXX");
    return mkdtemp(directory) ? 0 : -1;
}

static const char *path_of(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static int remove_directory(void **state)
{
    unlink(path_of("a.ndb"));
    unlink(path_of("b.ndb"));
    unlink(path_of("freshclam.dat"));
    rmdir(path_of("tmp.cvd"));
    return rmdir(directory);
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void knows_signatures_by_their_extension(void **state)
{
    assert_true(signature_files_is_name("daily.cvd"));
    assert_true(signature_files_is_name("own.ign2") && signature_files_is_name("own.fp"));
    assert_true(signature_files_name_detects("own.hsb") && signature_files_name_detects("own.yara"));
    assert_false(signature_files_name_detects("own.fp") || signature_files_name_detects("own.sfp"));
    assert_false(signature_files_name_detects("own.ign2") || signature_files_name_detects("own.ign"));
    assert_false(signature_files_name_detects("own.wdb") || signature_files_name_detects("own.idb"));
    assert_true(signature_files_is_name("lab.yara"));
    assert_false(signature_files_is_name("freshclam.dat"));
    assert_false(signature_files_is_name(".cvd"));
    assert_false(signature_files_is_name("daily.cvd.tmp"));
}

static void an_empty_or_missing_directory_is_zero(void **state)
{
    assert_int_equal(signature_files_state(directory), 0);
    assert_int_equal(signature_files_state("/nonexistent"), 0);
}

static void stays_the_same_while_nothing_changes(void **state)
{
    uint64_t before;

    write_file("a.ndb", "x");
    before = signature_files_state(directory);
    assert_int_not_equal(before, 0);
    assert_int_equal(signature_files_state(directory), before);
    write_file("freshclam.dat", "x");
    mkdir(path_of("tmp.cvd"), 0700);
    assert_int_equal(signature_files_state(directory), before);
}

static void another_size_time_name_or_file_is_another_state(void **state)
{
    struct timespec times[2] = {{1000, 0}, {1000, 0}};
    uint64_t states[5];

    write_file("a.ndb", "x");
    states[0] = signature_files_state(directory);
    write_file("a.ndb", "xy");
    states[1] = signature_files_state(directory);
    assert_int_equal(utimensat(AT_FDCWD, path_of("a.ndb"), times, 0), 0);
    states[2] = signature_files_state(directory);
    write_file("b.ndb", "xy");
    states[3] = signature_files_state(directory);
    unlink(path_of("a.ndb"));
    states[4] = signature_files_state(directory);
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(states[i], states[j]);
}

/* Same size and time: a copy that preserves times is still another file. */
static void a_file_renamed_over_it_is_another_state(void **state)
{
    struct timespec times[2] = {{1000, 0}, {1000, 0}};
    char from[128];
    uint64_t before;

    write_file("a.ndb", "x");
    utimensat(AT_FDCWD, path_of("a.ndb"), times, 0);
    before = signature_files_state(directory);
    write_file("freshclam.dat", "y");
    utimensat(AT_FDCWD, path_of("freshclam.dat"), times, 0);
    strcpy(from, path_of("freshclam.dat"));
    assert_int_equal(rename(from, path_of("a.ndb")), 0);
    assert_int_not_equal(signature_files_state(directory), before);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)
    const struct CMUnitTest tests[] = {
        T(knows_signatures_by_their_extension),     T(an_empty_or_missing_directory_is_zero),
        T(stays_the_same_while_nothing_changes),    T(another_size_time_name_or_file_is_another_state),
        T(a_file_renamed_over_it_is_another_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
