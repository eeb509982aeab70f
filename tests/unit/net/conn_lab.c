#include "conn_lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static void on_connected(void *context, struct conn *conn)
{
    struct world *world = context;

    world->connected++;
}

static void on_readable(void *context, struct conn *conn)
{
    struct world *world = context;

    world->readable++;
    buf_add(&world->heard, conn_input(conn));
    conn_take(conn, conn_input(conn).n);
    if (world->reads_one_part)
        conn_read(conn, false);
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
    struct world *world = context;

    world->error = error;
}

static void on_arrived(void *context, struct conn *conn)
{
    struct world *world = context;

    world->arrived++;
}

static const struct conn_handlers handlers = {on_connected, on_readable, on_ended,
                                              on_drained,   on_failed,   NULL};
static const struct conn_handlers late_handlers = {on_connected, on_readable, on_ended,
                                                   on_drained,   on_failed,   on_arrived};

struct world *world_new(bool is_late)
{
    struct world *world = mem_alloc_zero(sizeof *world);
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    world->base = event_base_new();
    world->peer = ends[1];
    conn_init(&world->conn, world->base, ends[0], is_late ? &late_handlers : &handlers, world);
    return world;
}

void world_free(struct world *world)
{
    conn_fini(&world->conn);
    close(world->peer);
    framed_fini(&world->side);
    buf_fini(&world->heard);
    event_base_free(world->base);
    free(world);
}

void world_switch(struct world *world, bool may_begin)
{
    struct framed *framed = mem_alloc_zero(sizeof *framed);

    framed->may_begin = may_begin;
    buf_add(&framed->raw, conn_input(&world->conn));
    conn_take(&world->conn, conn_input(&world->conn).n);
    conn_set_transport(&world->conn, &framed_transport, framed);
    world->is_framed = true;
}

struct framed *world_transport(struct world *world)
{
    return world->conn.transport_state;
}

void world_shake_hands(struct world *world)
{
    struct buf said = {0};

    world_switch(world, true);
    world_peer_send(world, FRAMED_HELLO, SPAN("hello"));
    world_turn(world);
    world_peer_read(world, &said);
    assert_int_equal(world->connected, 1);
    assert_true(world->side.has_received_hello);
    buf_fini(&said);
}

void world_turn(struct world *world)
{
    event_base_loop(world->base, EVLOOP_NONBLOCK);
}

void world_poll(struct world *world)
{
    event_base_loop(world->base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
}

static void write_out(struct world *world, struct buf *out)
{
    if (out->n > 0)
        assert_int_equal(write(world->peer, out->p, out->n), out->n);
    buf_clear(out);
}

void world_peer_send(struct world *world, enum framed_kind kind, struct span bytes)
{
    framed_add(&world->side, kind, bytes);
    write_out(world, &world->side.out);
}

void world_peer_write(struct world *world, struct span bytes)
{
    if (world->is_framed)
        world_peer_send(world, FRAMED_DATA, bytes);
    else
        assert_int_equal(write(world->peer, bytes.p, bytes.n), bytes.n);
}

void world_peer_shut(struct world *world)
{
    if (world->is_framed)
        world_peer_send(world, FRAMED_CLOSE, (struct span){0});
    assert_int_equal(shutdown(world->peer, SHUT_WR), 0);
}

void world_peer_read(struct world *world, struct buf *into)
{
    struct buf *raw = world->is_framed ? &world->side.raw : into;
    ssize_t n;

    while ((n = read(world->peer, buf_reserve(raw, 65536), 65536)) > 0) {
        raw->n += (size_t)n;
        world->wire_octets += (uint64_t)n;
    }
    if (!world->is_framed)
        return;
    framed_decode(&world->side);
    assert_false(world->side.is_malformed);
    write_out(world, &world->side.out);
    buf_add(into, buf_span(&world->side.decoded));
    buf_clear(&world->side.decoded);
}

struct buf world_peer_read_all(struct world *world, size_t n)
{
    struct buf all = {0};

    while (all.n < n) {
        world_peer_read(world, &all);
        world_turn(world);
    }
    return all;
}

char *made_of(char c, size_t n)
{
    char *bytes = mem_alloc_zero(n);

    memset(bytes, c, n);
    return bytes;
}
