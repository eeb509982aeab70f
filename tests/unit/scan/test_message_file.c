#include "scan/message_file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

enum { LARGE = 8 << 20 };

static struct event_base *base;
static char directory[] = "/tmp/postern-message-file-XXXXXX";
static struct message_file *file;
static int done_count, last_error, ends[2];
static off_t size_when_served;

static off_t size_of(struct message_file *of)
{
    struct stat status;

    return stat(message_file_path(of), &status) == 0 ? status.st_size : -1;
}

static void on_done(void *context, int error)
{
    done_count++;
    last_error = error;
}

static void on_peer(evutil_socket_t fd, short what, void *context)
{
    size_when_served = size_of(file);
}

/* Another peer sends something in the first iteration. */
static void on_first(evutil_socket_t fd, short what, void *context)
{
    assert_int_equal(write(ends[1], "x", 1), 1);
}

static int message_of(uint64_t size)
{
    int fd = memfd_create("message", MFD_CLOEXEC);

    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    assert_int_equal(pwrite(fd, "Subject", 7, 0), 7);
    return fd;
}

static void start(int fd, enum message_kind kind, uint64_t size)
{
    done_count = 0;
    file = message_file_new(base, directory, &(struct message_file_source){kind, fd, size}, on_done, NULL);
    assert_int_equal(done_count, 0);
}

static void run(void)
{
    while (!done_count)
        assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
}

static void copies_the_message(void **state)
{
    static const uint64_t sizes[] = {7, 65536, LARGE, LARGE + 1};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int fd = message_of(sizes[i]), copy;
        char text[7];

        start(fd, MESSAGE_MAIL, sizes[i]);
        run();
        assert_int_equal(last_error, 0);
        assert_int_equal(size_of(file), sizes[i]);
        copy = open(message_file_path(file), O_RDONLY);
        assert_int_equal(read(copy, text, sizeof text), sizeof text);
        assert_memory_equal(text, "Subject", sizeof text);
        close(copy);
        message_file_free(&file);
        close(fd);
    }
}

static void a_message_that_is_too_short_is_an_error(void **state)
{
    int fd = message_of(7);

    start(fd, MESSAGE_FILE, LARGE);
    run();
    assert_int_equal(last_error, ENODATA);
    message_file_free(&file);
    close(fd);
}

static void others_are_served_between_the_slices(void **state)
{
    struct event *peer = event_new(base, ends[0], EV_READ, on_peer, NULL);
    struct event *first = event_new(base, -1, 0, on_first, NULL);
    int fd = message_of(LARGE);

    size_when_served = -1;
    event_add(peer, NULL);
    event_active(first, 0, 0);
    start(fd, MESSAGE_MAIL, LARGE);
    run();
    assert_in_range(size_when_served, 1, LARGE - 1);
    message_file_free(&file);
    event_free(peer);
    event_free(first);
    close(fd);
}

static int set_up(void **state)
{
    base = event_base_new();
    return pipe(ends);
}

static int tear_down(void **state)
{
    close(ends[0]);
    close(ends[1]);
    event_base_free(base);
    return 0;
}

static int make_directory(void **state)
{
    return mkdtemp(directory) && message_file_prepare(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
    return rmdir(directory);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(copies_the_message),
        TEST(a_message_that_is_too_short_is_an_error),
        TEST(others_are_served_between_the_slices),
#undef TEST
    };

    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
