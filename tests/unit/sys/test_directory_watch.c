#include "sys/directory_watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static char directory[40], path[64], other[64];
static struct event_base *base;
static struct directory_watch *watch;
static unsigned happened;

static void on_happened(void *context)
{
    happened++;
    event_base_loopbreak(base);
}

static int begin(void **state)
{
    strcpy(directory, "/tmp/directory-watch-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof path, "%s/file", directory);
    snprintf(other, sizeof other, "%s/other", directory);
    happened = 0;
    base = event_base_new();
    watch = directory_watch_new(base, directory, 50, on_happened, NULL);
    return 0;
}

static int end(void **state)
{
    directory_watch_free(&watch);
    assert_null(watch);
    event_base_free(base);
    unlink(path);
    unlink(other);
    return rmdir(directory);
}

static void write_file(const char *name)
{
    FILE *file = fopen(name, "w");

    assert_non_null(file);
    fclose(file);
}

static void await(void)
{
    unsigned before = happened;

    event_base_dispatch(base);
    assert_int_equal(happened, before + 1);
}

static void tells_of_a_file_written_renamed_and_removed(void **state)
{
    write_file(path);
    await();
    assert_int_equal(rename(path, other), 0);
    await();
    assert_int_equal(unlink(other), 0);
    await();
}

static void many_changes_at_once_are_told_once(void **state)
{
    for (int i = 0; i < 1000; i++)
        write_file(path);
    await();
    event_base_loop(base, EVLOOP_NONBLOCK);
    assert_int_equal(happened, 1);
}

static void says_nothing_when_nothing_happens(void **state)
{
    event_base_loopexit(base, &(struct timeval){0, 200000});
    event_base_dispatch(base);
    assert_int_equal(happened, 0);
}

static void a_directory_that_is_not_there_is_no_fault(void **state)
{
    directory_watch_free(&watch);
    watch = directory_watch_new(base, "/nonexistent", 50, on_happened, NULL);
    says_nothing_when_nothing_happens(state);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(tells_of_a_file_written_renamed_and_removed),
        T(many_changes_at_once_are_told_once),
        T(says_nothing_when_nothing_happens),
        T(a_directory_that_is_not_there_is_no_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
