#include "net/conn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

/* One end is a conn, the other the test's own. */
struct world {
    struct event_base *base;
    struct conn conn;
    int peer;
    struct buf heard;
    unsigned drained, readable, ended, arrived;
};

static void on_connected(void *context, struct conn *conn)
{
    fail();
}

static void on_readable(void *context, struct conn *conn)
{
    struct world *world = context;

    world->readable++;
    buf_add(&world->heard, conn_input(conn));
    conn_take(conn, conn_input(conn).n);
}

static void on_ended(void *context, struct conn *conn)
{
    struct world *world = context;

    world->ended++;
}

static void on_drained(void *context, struct conn *conn)
{
    struct world *world = context;

    world->drained++;
}

static void on_failed(void *context, struct conn *conn, int error)
{
    fail();
}

static const struct conn_handlers handlers = {on_connected, on_readable, on_ended,
                                              on_drained,   on_failed,   NULL};

static void on_arrived(void *context, struct conn *conn)
{
    struct world *world = context;

    world->arrived++;
}

static const struct conn_handlers late_handlers = {on_connected, on_readable, on_ended,
                                                   on_drained,   on_failed,   on_arrived};

static int set_up_with(void **state, const struct conn_handlers *chosen)
{
    struct world *world = mem_alloc_zero(sizeof *world);
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    world->base = event_base_new();
    world->peer = ends[1];
    conn_init(&world->conn, world->base, ends[0], chosen, world);
    *state = world;
    return 0;
}

static int set_up(void **state)
{
    return set_up_with(state, &handlers);
}

static int set_up_late(void **state)
{
    return set_up_with(state, &late_handlers);
}

static int tear_down(void **state)
{
    struct world *world = *state;

    conn_fini(&world->conn);
    close(world->peer);
    buf_fini(&world->heard);
    event_base_free(world->base);
    free(world);
    return 0;
}

static void turn(struct world *world)
{
    event_base_loop(world->base, EVLOOP_NONBLOCK);
}

/* What is not read makes each look a busy one. */
static void look_once(struct world *world)
{
    event_base_loop(world->base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
}

/* Reads at the other end until it has n bytes. */
static struct buf read_all(struct world *world, size_t n)
{
    struct buf all = {0};

    while (all.n < n) {
        ssize_t got = read(world->peer, buf_reserve(&all, 65536), 65536);

        if (got > 0)
            all.n += (size_t)got;
        turn(world);
    }
    return all;
}

static char *made_of(char c, size_t n)
{
    char *bytes = mem_alloc_zero(n);

    memset(bytes, c, n);
    return bytes;
}

static void keeps_a_copy_of_what_waits_of_the_borrowed(void **state)
{
    enum { LARGE = 4 << 20, SMALL = 10 };
    struct world *world = *state;
    char *large = made_of('l', LARGE), *small = made_of('s', SMALL);
    struct buf all;

    conn_write(&world->conn, SPAN("before"));
    conn_write_borrowed(&world->conn, (struct span){large, LARGE});
    conn_write_borrowed(&world->conn, (struct span){small, SMALL});
    conn_flush(&world->conn);
    assert_true(conn_waiting(&world->conn) > 0);
    conn_keep(&world->conn);
    free(large);
    free(small);
    conn_write(&world->conn, SPAN("behind"));
    conn_flush(&world->conn);

    all = read_all(world, LARGE + SMALL + 12);
    assert_int_equal(all.n, LARGE + SMALL + 12);
    assert_memory_equal(all.p, "before", 6);
    for (size_t i = 0; i < LARGE; i++)
        assert_int_equal(all.p[6 + i], 'l');
    assert_memory_equal(all.p + 6 + LARGE, "ssssssssssbehind", 16);
    assert_int_equal(world->drained, 1);
    assert_int_equal(conn_waiting(&world->conn), 0);
    buf_fini(&all);
}

static void writes_the_borrowed_at_once_where_there_is_room(void **state)
{
    struct world *world = *state;
    char *bytes = made_of('x', 5000);
    char heard[6000];

    conn_write_borrowed(&world->conn, (struct span){bytes, 5000});
    conn_flush(&world->conn);
    free(bytes);
    assert_int_equal(conn_waiting(&world->conn), 0);
    assert_int_equal(read(world->peer, heard, sizeof heard), 5000);
    assert_int_equal(heard[4999], 'x');
    turn(world);
    assert_int_equal(world->drained, 0);
}

static void writes_more_pieces_than_one_call_takes(void **state)
{
    enum { PIECES = 100, EACH = 2000 };
    struct world *world = *state;
    char *bytes = made_of('x', EACH);
    struct buf all;

    for (int i = 0; i < PIECES; i++) {
        conn_write(&world->conn, SPAN("."));
        conn_write_borrowed(&world->conn, (struct span){bytes, EACH});
    }
    conn_flush(&world->conn);
    all = read_all(world, PIECES * (EACH + 1));
    assert_int_equal(all.n, PIECES * (EACH + 1));
    for (size_t i = 0; i < all.n; i++)
        assert_int_equal(all.p[i], i % (EACH + 1) == 0 ? '.' : 'x');
    assert_int_equal(world->conn.octets_out, all.n);
    free(bytes);
    buf_fini(&all);
}

static void reads_when_the_owner_says_so(void **state)
{
    struct world *world = *state;

    conn_read(&world->conn, true);
    assert_int_equal(write(world->peer, "first", 5), 5);
    look_once(world);
    assert_int_equal(world->arrived, 1);
    assert_int_equal(world->readable, 0);
    conn_receive(&world->conn);
    assert_true(span_eq(buf_span(&world->heard), SPAN("first")));

    /* Said to stop meanwhile, it reads nothing, and is not woken again. */
    assert_int_equal(write(world->peer, "second", 6), 6);
    look_once(world);
    conn_read(&world->conn, false);
    conn_receive(&world->conn);
    look_once(world);
    assert_int_equal(world->arrived, 2);
    assert_int_equal(world->readable, 1);

    conn_read(&world->conn, true);
    assert_int_equal(shutdown(world->peer, SHUT_WR), 0);
    look_once(world);
    conn_receive(&world->conn);
    look_once(world);
    conn_receive(&world->conn);
    assert_true(span_eq(buf_span(&world->heard), SPAN("firstsecond")));
    assert_int_equal(world->ended, 1);
}

static void leaves_with_the_peer_what_nobody_wants_to_read(void **state)
{
    struct world *world = *state;

    conn_read(&world->conn, true);
    conn_read(&world->conn, false);
    assert_int_equal(write(world->peer, "first", 5), 5);
    turn(world);
    turn(world);
    assert_int_equal(world->readable, 0);
    assert_int_equal(conn_input(&world->conn).n, 0);

    conn_read(&world->conn, true);
    turn(world);
    assert_true(span_eq(buf_span(&world->heard), SPAN("first")));
    assert_int_equal(write(world->peer, " second", 7), 7);
    turn(world);
    assert_true(span_eq(buf_span(&world->heard), SPAN("first second")));
}

/* Nothing is left registered that would wake us for an end we know. */
static void tells_the_end_once_and_sleeps(void **state)
{
    struct world *world = *state;

    conn_read(&world->conn, true);
    assert_int_equal(shutdown(world->peer, SHUT_WR), 0);
    for (int i = 0; i < 3; i++)
        turn(world);
    assert_int_equal(world->ended, 1);
    assert_true(world->conn.at_end);
    assert_int_equal(event_pending(world->conn.read_event, EV_READ, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define X(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
        X(keeps_a_copy_of_what_waits_of_the_borrowed),
        X(writes_the_borrowed_at_once_where_there_is_room),
        X(writes_more_pieces_than_one_call_takes),
        X(leaves_with_the_peer_what_nobody_wants_to_read),
        X(tells_the_end_once_and_sleeps),
#undef X
        cmocka_unit_test_setup_teardown(reads_when_the_owner_says_so, set_up_late, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
