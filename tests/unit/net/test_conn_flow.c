#include "conn_lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static int set_up(void **state)
{
    *state = world_new(false);
    return 0;
}

static int set_up_late(void **state)
{
    *state = world_new(true);
    return 0;
}

static int set_up_framed(void **state)
{
    *state = world_new(false);
    world_shake_hands(*state);
    return 0;
}

static int set_up_framed_late(void **state)
{
    *state = world_new(true);
    world_shake_hands(*state);
    return 0;
}

/* Some plain bytes have been exchanged before. */
static int set_up_switched(void **state)
{
    struct world *world = world_new(false);
    struct buf said = {0};

    conn_read(&world->conn, true);
    world_peer_write(world, SPAN("STLS"));
    world_turn(world);
    conn_write(&world->conn, SPAN("+OK"));
    conn_flush(&world->conn);
    world_peer_read(world, &said);
    assert_true(span_eq(buf_span(&said), SPAN("+OK")));
    assert_true(span_eq(buf_span(&world->heard), SPAN("STLS")));
    world_shake_hands(world);
    buf_clear(&world->heard);
    world->readable = 0;
    buf_fini(&said);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    assert_int_equal(world->error, 0);
    world_free(world);
    return 0;
}

static void keeps_a_copy_of_waiting_borrowed_bytes(void **state)
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

    all = world_peer_read_all(world, LARGE + SMALL + 12);
    assert_int_equal(all.n, LARGE + SMALL + 12);
    assert_memory_equal(all.p, "before", 6);
    for (size_t i = 0; i < LARGE; i++)
        assert_int_equal(all.p[6 + i], 'l');
    assert_memory_equal(all.p + 6 + LARGE, "ssssssssssbehind", 16);
    assert_int_equal(world->drained, 1);
    assert_int_equal(conn_waiting(&world->conn), 0);
    buf_fini(&all);
}

static void sends_borrowed_bytes_at_once_if_the_socket_takes_them(void **state)
{
    struct world *world = *state;
    char *bytes = made_of('x', 5000);
    struct buf heard = {0};

    conn_write_borrowed(&world->conn, (struct span){bytes, 5000});
    conn_flush(&world->conn);
    free(bytes);
    assert_int_equal(conn_waiting(&world->conn), 0);
    world_peer_read(world, &heard);
    assert_int_equal(heard.n, 5000);
    assert_int_equal(heard.p[4999], 'x');
    buf_fini(&heard);
    world_turn(world);
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
    all = world_peer_read_all(world, PIECES * (EACH + 1));
    assert_int_equal(all.n, PIECES * (EACH + 1));
    for (size_t i = 0; i < all.n; i++)
        assert_int_equal(all.p[i], i % (EACH + 1) == 0 ? '.' : 'x');
    assert_int_equal(world->conn.octets_out, world->wire_octets);
    free(bytes);
    buf_fini(&all);
}

static void reads_only_while_reading_is_on(void **state)
{
    struct world *world = *state;

    conn_read(&world->conn, true);
    world_peer_write(world, SPAN("first"));
    world_poll(world);
    assert_int_equal(world->arrived, 1);
    assert_int_equal(world->readable, 0);
    conn_receive(&world->conn);
    assert_true(span_eq(buf_span(&world->heard), SPAN("first")));

    /* Reading was turned off meanwhile: nothing is read, and the event is off. */
    world_peer_write(world, SPAN("second"));
    world_poll(world);
    conn_read(&world->conn, false);
    conn_receive(&world->conn);
    world_poll(world);
    assert_int_equal(world->arrived, 2);
    assert_int_equal(world->readable, 1);

    conn_read(&world->conn, true);
    world_peer_shut(world);
    world_poll(world);
    conn_receive(&world->conn);
    world_poll(world);
    conn_receive(&world->conn);
    assert_true(span_eq(buf_span(&world->heard), SPAN("firstsecond")));
    assert_int_equal(world->ended, 1);
}

static void leaves_unread_bytes_with_the_peer(void **state)
{
    struct world *world = *state;

    conn_read(&world->conn, true);
    conn_read(&world->conn, false);
    world_peer_write(world, SPAN("first"));
    world_turn(world);
    world_turn(world);
    assert_int_equal(world->readable, 0);
    assert_int_equal(conn_input(&world->conn).n, 0);

    conn_read(&world->conn, true);
    world_turn(world);
    assert_true(span_eq(buf_span(&world->heard), SPAN("first")));
    world_peer_write(world, SPAN(" second"));
    world_turn(world);
    assert_true(span_eq(buf_span(&world->heard), SPAN("first second")));
}

/* No event may stay registered that reports a known end again and again. */
static void reports_the_end_once_and_sleeps(void **state)
{
    struct world *world = *state;

    conn_read(&world->conn, true);
    world_peer_shut(world);
    for (int i = 0; i < 3; i++)
        world_turn(world);
    assert_int_equal(world->ended, 1);
    assert_true(world->conn.at_end);
    assert_int_equal(event_pending(world->conn.read_event, EV_READ, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define ONE(test, set_up) {#test " (" #set_up ")", test, set_up, tear_down, NULL}
#define X(test) ONE(test, set_up), ONE(test, set_up_framed), ONE(test, set_up_switched)
        X(keeps_a_copy_of_waiting_borrowed_bytes),
        X(sends_borrowed_bytes_at_once_if_the_socket_takes_them),
        X(writes_more_pieces_than_one_call_takes),
        X(leaves_unread_bytes_with_the_peer),
        X(reports_the_end_once_and_sleeps),
#undef X
        ONE(reads_only_while_reading_is_on, set_up_late),
        ONE(reads_only_while_reading_is_on, set_up_framed_late),
#undef ONE
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
