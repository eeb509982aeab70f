#include "sys/message_pass.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

enum { LARGE = 8 << 20, SMALL = 5 };

static struct event_base *base;
static struct message_pass *pass;
static uint64_t taken, taken_when_served, stop_at;
static int done_count;
static bool was_whole, is_served;
static int ends[2];

/* Another peer sends something when the pass has begun. */
static bool take(void *context, struct span bytes)
{
    if (taken == 0)
        assert_int_equal(write(ends[1], "x", 1), 1);
    taken += bytes.n;
    return taken < stop_at;
}

static void on_done(void *context, bool is_whole)
{
    pass = NULL;
    done_count++;
    was_whole = is_whole;
}

static void on_peer(evutil_socket_t fd, short what, void *context)
{
    is_served = true;
    taken_when_served = taken;
}

static const struct message_pass_handlers handlers = {take, on_done};

static void start(uint64_t exists, uint64_t size)
{
    int fd = memfd_create("message", MFD_CLOEXEC);

    assert_int_equal(ftruncate(fd, (off_t)exists), 0);
    taken = taken_when_served = 0;
    stop_at = UINT64_MAX;
    done_count = 0;
    is_served = false;
    pass = message_pass_start(base, fd, size, &handlers, NULL);
    assert_int_equal(done_count, 0);
}

static void run(void)
{
    while (pass)
        assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
    assert_int_equal(done_count, 1);
}

static void reads_the_message_whole(void **state)
{
    static const uint64_t sizes[] = {0, 1, SMALL, LARGE, LARGE + 1};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        start(sizes[i], sizes[i]);
        run();
        assert_true(was_whole);
        assert_int_equal(taken, sizes[i]);
    }
}

static void a_message_that_is_too_short_is_not_whole(void **state)
{
    start(SMALL, LARGE);
    run();
    assert_false(was_whole);
    assert_int_equal(taken, SMALL);
}

static void ends_when_the_taker_refuses(void **state)
{
    start(LARGE, LARGE);
    stop_at = 1;
    run();
    assert_false(was_whole);
}

static void others_are_served_between_the_slices(void **state)
{
    struct event *peer = event_new(base, ends[0], EV_READ, on_peer, NULL);

    event_add(peer, NULL);
    start(LARGE, LARGE);
    run();
    assert_true(is_served);
    assert_in_range(taken_when_served, 1, LARGE - 1);
    event_free(peer);
}

static void a_cancelled_pass_is_not_done(void **state)
{
    start(LARGE, LARGE);
    event_base_loop(base, EVLOOP_ONCE);
    message_pass_cancel(&pass);
    message_pass_cancel(&pass);
    event_base_loop(base, EVLOOP_NONBLOCK);
    assert_int_equal(done_count, 0);
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

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(reads_the_message_whole),      TEST(a_message_that_is_too_short_is_not_whole),
        TEST(ends_when_the_taker_refuses),  TEST(others_are_served_between_the_slices),
        TEST(a_cancelled_pass_is_not_done),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
