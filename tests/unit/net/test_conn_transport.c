#include "conn_lab.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

enum { TURNS = 50 };

static int set_up(void **state)
{
    *state = world_new(false);
    return 0;
}

static int set_up_framed(void **state)
{
    *state = world_new(false);
    world_shake_hands(*state);
    return 0;
}

static int tear_down(void **state)
{
    world_free(*state);
    return 0;
}

static void turn_often(struct world *world)
{
    for (int i = 0; i < TURNS; i++)
        world_turn(world);
}

static void write_and_flush(struct world *world, struct span bytes)
{
    conn_write(&world->conn, bytes);
    conn_flush(&world->conn);
}

static void shakes_hands_before_any_data(void **state)
{
    struct world *world = *state;
    struct buf heard = {0};

    world_switch(world, true);
    conn_read(&world->conn, true);
    write_and_flush(world, SPAN("early"));
    turn_often(world);
    world_peer_read(world, &heard);
    assert_true(world->side.has_heard_hello);
    assert_int_equal(heard.n, 0);
    assert_int_equal(world->connected, 0);

    world_peer_say(world, FRAMED_HELLO, SPAN("hello"));
    world_peer_write(world, SPAN("data"));
    world_turn(world);
    world_turn(world);
    assert_int_equal(world->connected, 1);
    world_peer_read(world, &heard);
    assert_true(span_eq(buf_span(&heard), SPAN("early")));
    assert_int_equal(world->heard.n, 0);
    conn_read(&world->conn, true);
    world_turn(world);
    assert_true(span_eq(buf_span(&world->heard), SPAN("data")));
    buf_fini(&heard);
}

/* As when the server's certificate has to be seen before the client's hello is answered. */
static void waits_in_the_handshake_for_something_else(void **state)
{
    struct world *world = *state;
    struct buf heard = {0};

    world_switch(world, false);
    world_peer_say(world, FRAMED_HELLO, SPAN("hello"));
    turn_often(world);
    world_peer_read(world, &heard);
    assert_int_equal(world->wire_octets, 0);
    assert_int_equal(world->connected, 0);

    world_transport(world)->may_begin = true;
    conn_resume(&world->conn);
    world_turn(world);
    world_peer_read(world, &heard);
    assert_true(world->side.has_heard_hello);
    assert_int_equal(world->connected, 1);
    buf_fini(&heard);
}

/* The peer's first record came in one segment with its last plain line. */
static void takes_over_what_was_read_before_the_switch(void **state)
{
    struct world *world = *state;
    struct buf segment = {0};

    buf_add(&segment, SPAN("STLS\r\n"));
    framed_add(&world->side, FRAMED_HELLO, SPAN("hello"));
    buf_add(&segment, buf_span(&world->side.out));
    buf_clear(&world->side.out);
    buf_add(&world->conn.in, buf_span(&segment));
    conn_take(&world->conn, 6);
    world_switch(world, true);
    world_turn(world);
    assert_int_equal(world->connected, 1);
    buf_fini(&segment);
}

static void reports_a_handshake_that_fails(void **state)
{
    struct world *world = *state;

    world_switch(world, true);
    assert_int_equal(write(world->peer, "GET / HTTP/1.0\r\n", 16), 16);
    turn_often(world);
    assert_int_equal(world->connected, 0);
    assert_int_equal(world->error, EPROTO);
    assert_false(conn_is_open(&world->conn));
}

/* Nothing is left in the socket that would wake the owner. */
static void gives_what_the_transport_holds_when_the_owner_reads_again(void **state)
{
    enum { BYTES = 2 * FRAMED_PART_BYTES + 1 };
    struct world *world = *state;
    char *bytes = made_of('x', BYTES);

    world->reads_one_part = true;
    conn_read(&world->conn, true);
    world_peer_write(world, (struct span){bytes, BYTES});
    turn_often(world);
    assert_int_equal(world->heard.n, FRAMED_PART_BYTES);
    conn_read(&world->conn, true);
    turn_often(world);
    assert_int_equal(world->heard.n, 2 * FRAMED_PART_BYTES);
    world->reads_one_part = false;
    conn_read(&world->conn, true);
    world_turn(world);
    assert_int_equal(world->heard.n, BYTES);
    free(bytes);
}

static void gives_more_than_one_turn_of_the_loop_takes(void **state)
{
    enum { BYTES = 15 * FRAMED_PART_BYTES, RECORDS = 4 };
    struct world *world = *state;
    char *bytes = made_of('x', BYTES);

    conn_read(&world->conn, true);
    for (int i = 0; i < RECORDS; i++)
        world_peer_write(world, (struct span){bytes, BYTES});
    for (int i = 0; i < 4; i++)
        world_turn(world);
    assert_int_equal(world->heard.n, RECORDS * BYTES);
    free(bytes);
}

/* The records that come before the answer it waits for are given later. */
static void reads_in_order_to_send_though_the_owner_does_not(void **state)
{
    enum { BYTES = 5 * FRAMED_UPDATE_EVERY };
    struct world *world = *state;
    char *bytes = made_of('x', BYTES);
    struct buf all;

    write_and_flush(world, (struct span){bytes, BYTES});
    world_peer_write(world, SPAN("meanwhile"));
    all = world_peer_read_all(world, BYTES);
    turn_often(world);
    assert_int_equal(all.n, BYTES);
    assert_int_equal(world->drained, 1);
    assert_int_equal(world->heard.n, 0);

    conn_read(&world->conn, true);
    world_turn(world);
    assert_true(span_eq(buf_span(&world->heard), SPAN("meanwhile")));
    free(bytes);
    buf_fini(&all);
}

/* Input that the transport found while the owner wrote: the socket does not announce it any more. */
static void gives_what_sending_has_read(void **state)
{
    enum { BYTES = FRAMED_UPDATE_EVERY + 20000 };
    struct world *world = *state;
    char *bytes = made_of('x', BYTES);
    struct buf all = {0};

    conn_write(&world->conn, (struct span){bytes, BYTES});
    conn_flush(&world->conn);
    world_peer_read(world, &all);
    world_peer_write(world, SPAN("meanwhile"));
    conn_read(&world->conn, true);
    conn_flush(&world->conn);
    assert_int_equal(conn_waiting(&world->conn), 0);
    world_turn(world);
    assert_true(span_eq(buf_span(&world->heard), SPAN("meanwhile")));
    free(bytes);
    buf_fini(&all);
}

static void sends_what_receiving_has_caused(void **state)
{
    struct world *world = *state;
    struct buf all = {0};

    conn_read(&world->conn, true);
    world_peer_say(world, FRAMED_PING, (struct span){0});
    world_turn(world);
    world_turn(world);
    world_peer_read(world, &all);
    assert_true(world->side.has_heard_pong);
    assert_int_equal(all.n, 0);
    buf_fini(&all);
}

/* The owner was told that something has arrived, and has changed its mind. */
static void reads_in_order_to_send_whatever_the_owner_does(void **state)
{
    enum { BYTES = FRAMED_UPDATE_EVERY + 20000 };
    struct world *world = *state;
    char *bytes = made_of('x', BYTES);
    struct buf all = {0};

    write_and_flush(world, (struct span){bytes, BYTES});
    assert_true(conn_waiting(&world->conn) > 0);
    conn_receive(&world->conn);
    world_peer_read(world, &all);
    turn_often(world);
    assert_int_equal(conn_waiting(&world->conn), 0);
    world_peer_read(world, &all);
    assert_int_equal(all.n, BYTES);
    free(bytes);
    buf_fini(&all);
}

/* The peer answers updates before it has read them, until the socket takes no more. */
static void fill(struct world *world)
{
    char *bytes = made_of('x', 60000);

    while (conn_waiting(&world->conn) == 0) {
        write_and_flush(world, (struct span){bytes, 60000});
        if (world->is_framed && world_transport(world)->awaits_answer) {
            world_peer_say(world, FRAMED_ANSWER, (struct span){0});
            conn_flush(&world->conn);
        }
    }
    free(bytes);
}

/* It owes an answer that the socket does not take: it neither spins nor gives anything before. */
static void writes_in_order_to_receive(void **state)
{
    struct world *world = *state;
    struct buf all = {0};
    unsigned receptions;

    fill(world);
    conn_read(&world->conn, true);
    world_peer_say(world, FRAMED_UPDATE, (struct span){0});
    world_turn(world);
    world_peer_write(world, SPAN("after"));
    receptions = world_transport(world)->receptions;
    turn_often(world);
    assert_int_equal(world_transport(world)->receptions, receptions);
    assert_int_equal(world->heard.n, 0);

    while (conn_waiting(&world->conn) > 0 || world->heard.n == 0) {
        world_peer_read(world, &all);
        world_turn(world);
    }
    assert_true(span_eq(buf_span(&world->heard), SPAN("after")));
    buf_fini(&all);
}

static void ends_one_direction_after_what_waits(void **state)
{
    struct world *world = *state;
    struct buf all = {0};

    fill(world);
    conn_shutdown_write(&world->conn);
    while (!world->side.is_closed) {
        world_peer_read(world, &all);
        world_turn(world);
    }
    assert_int_equal(all.n % 60000, 0);
    assert_int_equal(read(world->peer, buf_reserve(&all, 1), 1), 0);
    assert_int_equal(conn_waiting(&world->conn), 0);

    conn_read(&world->conn, true);
    world_peer_write(world, SPAN("still here"));
    world_turn(world);
    assert_true(span_eq(buf_span(&world->heard), SPAN("still here")));
    world_peer_shut(world);
    world_turn(world);
    assert_int_equal(world->ended, 1);
    assert_int_equal(world->error, 0);
    buf_fini(&all);
}

static void a_plain_end_leaves_after_what_waits_too(void **state)
{
    struct world *world = *state;
    struct buf all = {0};

    fill(world);
    conn_shutdown_write(&world->conn);
    while (conn_waiting(&world->conn) > 0) {
        world_peer_read(world, &all);
        world_turn(world);
    }
    world_peer_read(world, &all);
    assert_int_equal(all.n % 60000, 0);
    assert_int_equal(read(world->peer, buf_reserve(&all, 1), 1), 0);
    buf_fini(&all);
}

static void a_cut_is_no_end(void **state)
{
    struct world *world = *state;
    struct buf all = {0};

    write_and_flush(world, SPAN("half a lin"));
    conn_fini(&world->conn);
    world_peer_read(world, &all);
    assert_true(span_eq(buf_span(&all), SPAN("half a lin")));
    assert_false(world->side.is_closed);
    buf_fini(&all);
}

static void a_cut_by_the_peer_is_an_error(void **state)
{
    struct world *world = *state;

    conn_read(&world->conn, true);
    assert_int_equal(shutdown(world->peer, SHUT_WR), 0);
    world_turn(world);
    assert_int_equal(world->ended, 0);
    assert_int_equal(world->error, ECONNRESET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define X(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
        X(shakes_hands_before_any_data),
        X(waits_in_the_handshake_for_something_else),
        X(takes_over_what_was_read_before_the_switch),
        X(reports_a_handshake_that_fails),
        X(a_plain_end_leaves_after_what_waits_too),
#undef X
#define X(test) cmocka_unit_test_setup_teardown(test, set_up_framed, tear_down)
        X(gives_what_the_transport_holds_when_the_owner_reads_again),
        X(gives_more_than_one_turn_of_the_loop_takes),
        X(reads_in_order_to_send_though_the_owner_does_not),
        X(gives_what_sending_has_read),
        X(sends_what_receiving_has_caused),
        X(reads_in_order_to_send_whatever_the_owner_does),
        X(writes_in_order_to_receive),
        X(ends_one_direction_after_what_waits),
        X(a_cut_is_no_end),
        X(a_cut_by_the_peer_is_an_error),
#undef X
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
