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
    assert_true(world->side.has_received_hello);
    assert_int_equal(heard.n, 0);
    assert_int_equal(world->connected, 0);

    world_peer_send(world, FRAMED_HELLO, SPAN("hello"));
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

/* For example, the server's certificate is needed before the client's hello can be answered. */
static void the_handshake_waits_for_conn_resume(void **state)
{
    struct world *world = *state;
    struct buf heard = {0};

    world_switch(world, false);
    world_peer_send(world, FRAMED_HELLO, SPAN("hello"));
    turn_often(world);
    world_peer_read(world, &heard);
    assert_int_equal(world->wire_octets, 0);
    assert_int_equal(world->connected, 0);

    world_transport(world)->may_begin = true;
    conn_resume(&world->conn);
    world_turn(world);
    world_peer_read(world, &heard);
    assert_true(world->side.has_received_hello);
    assert_int_equal(world->connected, 1);
    buf_fini(&heard);
}

/* The peer's first record arrived in one segment with its last plain line. */
static void takes_over_bytes_that_were_read_before_the_switch(void **state)
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

/* The socket is empty, so no event reports the held input. */
static void passes_on_held_input_when_reading_is_turned_on_again(void **state)
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

static void passes_on_more_than_one_iteration_reads(void **state)
{
    enum { BYTES = 40 * FRAMED_PART_BYTES, RECORDS = 4 };
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

static size_t heard_when_served;
static int others[2];

static void on_other(evutil_socket_t fd, short what, void *context)
{
    heard_when_served = ((struct world *)context)->heard.n;
}

static void wake_other(evutil_socket_t fd, short what, void *context)
{
    assert_int_equal(write(others[1], "x", 1), 1);
}

/* The socket is empty, and what the transport holds is more than one iteration reads. */
static void others_are_served_while_held_input_is_passed_on(void **state)
{
    enum { BYTES = 40 * FRAMED_PART_BYTES };
    struct world *world = *state;
    char *bytes = made_of('x', BYTES);
    struct event *other, *first;

    assert_int_equal(pipe(others), 0);
    other = event_new(world->base, others[0], EV_READ, on_other, world);
    first = event_new(world->base, -1, 0, wake_other, NULL);
    event_add(other, NULL);
    event_active(first, 0, 0);
    world_peer_write(world, (struct span){bytes, BYTES});
    conn_read(&world->conn, true);
    turn_often(world);
    assert_int_equal(world->heard.n, BYTES);
    assert_in_range(heard_when_served, 1, BYTES - 1);
    event_free(other);
    event_free(first);
    close(others[0]);
    close(others[1]);
    free(bytes);
}

/* Records that precede the awaited ANSWER are passed on later. */
static void reads_in_order_to_send_while_the_owner_does_not_read(void **state)
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

/* Input that the transport has read while sending, which no event of the socket reports. */
static void passes_on_input_that_sending_has_read(void **state)
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

static void sends_output_that_receiving_has_caused(void **state)
{
    struct world *world = *state;
    struct buf all = {0};

    conn_read(&world->conn, true);
    world_peer_send(world, FRAMED_PING, (struct span){0});
    world_turn(world);
    world_turn(world);
    world_peer_read(world, &all);
    assert_true(world->side.has_received_pong);
    assert_int_equal(all.n, 0);
    buf_fini(&all);
}

/* The owner turns reading off after `arrived`. */
static void reads_in_order_to_send_after_arrived_was_ignored(void **state)
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
            world_peer_send(world, FRAMED_ANSWER, (struct span){0});
            conn_flush(&world->conn);
        }
    }
    free(bytes);
}

/* The transport owes an ANSWER that the socket does not take: no busy loop, and no input is passed on before.
 */
static void writes_in_order_to_receive(void **state)
{
    struct world *world = *state;
    struct buf all = {0};
    unsigned receptions;

    fill(world);
    conn_read(&world->conn, true);
    world_peer_send(world, FRAMED_UPDATE, (struct span){0});
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

static void closes_one_direction_after_waiting_output(void **state)
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

static void plain_closes_one_direction_after_waiting_output(void **state)
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

static void conn_fini_sends_no_close(void **state)
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

static void an_end_without_close_is_an_error(void **state)
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
        X(the_handshake_waits_for_conn_resume),
        X(takes_over_bytes_that_were_read_before_the_switch),
        X(reports_a_handshake_that_fails),
        X(plain_closes_one_direction_after_waiting_output),
#undef X
#define X(test) cmocka_unit_test_setup_teardown(test, set_up_framed, tear_down)
        X(passes_on_held_input_when_reading_is_turned_on_again),
        X(passes_on_more_than_one_iteration_reads),
        X(others_are_served_while_held_input_is_passed_on),
        X(reads_in_order_to_send_while_the_owner_does_not_read),
        X(passes_on_input_that_sending_has_read),
        X(sends_output_that_receiving_has_caused),
        X(reads_in_order_to_send_after_arrived_was_ignored),
        X(writes_in_order_to_receive),
        X(closes_one_direction_after_waiting_output),
        X(conn_fini_sends_no_close),
        X(an_end_without_close_is_an_error),
#undef X
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
