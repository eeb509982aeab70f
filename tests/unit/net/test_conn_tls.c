#include "conn_lab.h"
#include "tls_lab.h"

#include "net/conn_tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

enum { TURNS_MAX = 200000 };

/* A conn and its peer, over TLS. */
struct pair {
    struct world *world;
    SSL_CTX *server, *client;
    struct tls_peer peer;
};

static SSL *ssl_of_conn(struct pair *pair, bool is_server)
{
    return tls_lab_new(is_server ? pair->server : pair->client, is_server);
}

static struct pair pair_of(int version, bool is_conn_server)
{
    struct pair pair = {world_new(false), tls_lab_server(version), tls_lab_client(version), {0}};

    tls_peer_init(&pair.peer, ssl_of_conn(&pair, !is_conn_server), pair.world->peer);
    return pair;
}

static void pair_free(struct pair *pair)
{
    tls_peer_fini(&pair->peer);
    world_free(pair->world);
    SSL_CTX_free(pair->server);
    SSL_CTX_free(pair->client);
    tls_lab_fini();
}

static void turn(struct pair *pair)
{
    tls_peer_turn(&pair->peer);
    world_turn(pair->world);
}

#define TURN_UNTIL(pair, condition)                \
    do {                                           \
        int turns_left = TURNS_MAX;                \
                                                   \
        while (!(condition)) {                     \
            assert_int_not_equal(--turns_left, 0); \
            turn(pair);                            \
        }                                          \
    } while (0)

static void shake_hands(struct pair *pair, bool is_conn_server)
{
    conn_tls_start(&pair->world->conn, ssl_of_conn(pair, is_conn_server), (struct span){0});
    TURN_UNTIL(pair, pair->world->connected && pair->peer.is_ready);
    assert_int_equal(pair->world->connected, 1);
    conn_read(&pair->world->conn, true);
}

static struct pair ready_pair(int version, bool is_conn_server)
{
    struct pair pair = pair_of(version, is_conn_server);

    shake_hands(&pair, is_conn_server);
    return pair;
}

/* With Unix sockets the kernel rounds this up to a few KiB. */
static void make_buffers_tiny(struct pair *pair)
{
    int size = 1;

    setsockopt(pair->world->conn.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    setsockopt(pair->world->peer, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

static char *counted(size_t n)
{
    char *bytes = mem_alloc_zero(n);

    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)(i * 31 + i / 1021);
    return bytes;
}

static void each_octet_of_the_handshake_arrives_alone(void **state)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

    for (int i = 0; i < 4; i++) {
        bool is_conn_server = i % 2 == 1;
        struct pair pair = pair_of(versions[i / 2], is_conn_server);

        pair.peer.piece = 1;
        shake_hands(&pair, is_conn_server);
        tls_peer_write(&pair.peer, SPAN("+OK\r\n"));
        conn_write(&pair.world->conn, SPAN("QUIT\r\n"));
        conn_flush(&pair.world->conn);
        TURN_UNTIL(&pair, pair.world->heard.n == 5 && pair.peer.heard.n == 6);
        assert_true(span_eq(buf_span(&pair.world->heard), SPAN("+OK\r\n")));
        assert_true(span_eq(buf_span(&pair.peer.heard), SPAN("QUIT\r\n")));
        assert_int_equal(SSL_version(conn_tls_of(&pair.world->conn)), versions[i / 2]);
        pair_free(&pair);
    }
}

static void transfer(bool is_tiny, bool reads_one_part)
{
    enum { BYTES = 3 << 20 };
    struct pair pair = ready_pair(TLS1_3_VERSION, true);
    char *bytes = counted(BYTES);

    if (is_tiny)
        make_buffers_tiny(&pair);
    pair.world->reads_one_part = reads_one_part;
    for (size_t at = 0; at < BYTES; at += 1 << 20) {
        tls_peer_write(&pair.peer, (struct span){bytes + at, 1 << 20});
        conn_write(&pair.world->conn, (struct span){bytes + at, 1000});
        conn_write_borrowed(&pair.world->conn, (struct span){bytes + at + 1000, (1 << 20) - 1000});
    }
    conn_flush(&pair.world->conn);
    for (int i = 0; i < TURNS_MAX && (pair.world->heard.n < BYTES || pair.peer.heard.n < BYTES); i++) {
        turn(&pair);
        conn_read(&pair.world->conn, true);
    }
    assert_true(span_eq(buf_span(&pair.world->heard), (struct span){bytes, BYTES}));
    assert_true(span_eq(buf_span(&pair.peer.heard), (struct span){bytes, BYTES}));
    assert_int_equal(conn_waiting(&pair.world->conn), 0);
    assert_int_equal(pair.world->drained, 1);
    pair_free(&pair);
    free(bytes);
}

static void much_data_both_ways(void **state)
{
    transfer(false, false);
}

static void much_data_through_small_socket_buffers(void **state)
{
    transfer(true, false);
}

static void much_data_to_an_owner_that_pauses(void **state)
{
    transfer(false, true);
    transfer(true, true);
}

/* The rest of what one connection has received stays in the block that all connections share. */
static void paused_connections_do_not_get_each_others_data(void **state)
{
    enum { PAIRS = 5, BYTES = 500000 };
    struct pair pairs[PAIRS];
    char *bytes[PAIRS];
    bool done = false;

    for (int i = 0; i < PAIRS; i++) {
        pairs[i] = ready_pair(i % 2 ? TLS1_3_VERSION : TLS1_2_VERSION, i % 3 == 0);
        bytes[i] = made_of((char)('a' + i), BYTES);
        pairs[i].world->reads_one_part = true;
        tls_peer_write(&pairs[i].peer, (struct span){bytes[i], BYTES});
    }
    for (int turns = 0; turns < TURNS_MAX && !done; turns++) {
        done = true;
        for (int i = 0; i < PAIRS; i++) {
            conn_read(&pairs[i].world->conn, turns % (i + 1) == 0);
            turn(&pairs[i]);
            done = done && pairs[i].world->heard.n == BYTES;
            assert_int_equal(pairs[i].world->error, 0);
        }
    }
    for (int i = 0; i < PAIRS; i++) {
        assert_true(span_eq(buf_span(&pairs[i].world->heard), (struct span){bytes[i], BYTES}));
        free(bytes[i]);
        pair_free(&pairs[i]);
    }
}

/* A connection is closed while a part of what it has received is in the shared block. */
static void a_closed_connection_leaves_nothing_to_the_next(void **state)
{
    struct pair first = ready_pair(TLS1_3_VERSION, true);
    struct pair second;
    char *bytes = made_of('x', 100000);

    first.world->reads_one_part = true;
    tls_peer_write(&first.peer, (struct span){bytes, 100000});
    turn(&first);
    assert_in_range(first.world->heard.n, 1, 99999);
    conn_fini(&first.world->conn);
    second = ready_pair(TLS1_3_VERSION, true);
    tls_peer_write(&second.peer, SPAN("of the second"));
    TURN_UNTIL(&second, second.world->heard.n > 0);
    assert_true(span_eq(buf_span(&second.world->heard), SPAN("of the second")));
    pair_free(&second);
    pair_free(&first);
    free(bytes);
}

static void a_hello_that_was_read_before_is_used(void **state)
{
    struct pair pair = pair_of(TLS1_3_VERSION, true);
    struct buf hello = {0};

    tls_peer_turn(&pair.peer);
    while (hello.n == 0) {
        ssize_t n = read(pair.world->conn.fd, buf_reserve(&hello, 4096), 4096);

        assert_true(n > 0);
        hello.n = (size_t)n;
    }
    conn_tls_start(&pair.world->conn, ssl_of_conn(&pair, true), buf_span(&hello));
    buf_fini(&hello);
    TURN_UNTIL(&pair, pair.world->connected && pair.peer.is_ready);
    pair_free(&pair);
}

static void each_direction_ends_alone(void **state)
{
    struct pair pair = ready_pair(TLS1_3_VERSION, true);

    SSL_shutdown(pair.peer.ssl);
    TURN_UNTIL(&pair, pair.world->ended);
    assert_false(conn_tls_was_cut(&pair.world->conn));
    conn_write(&pair.world->conn, SPAN("last words"));
    conn_flush(&pair.world->conn);
    assert_false(pair.peer.has_ended);
    conn_shutdown_write(&pair.world->conn);
    TURN_UNTIL(&pair, pair.peer.is_at_end);
    assert_int_equal(pair.world->error, 0);
    assert_true(pair.peer.has_ended);
    pair_free(&pair);
}

static void output_that_waits_is_sent_before_close_notify(void **state)
{
    enum { BYTES = 1 << 20 };
    struct pair pair = ready_pair(TLS1_2_VERSION, false);
    char *bytes = counted(BYTES);

    pair.peer.is_deaf = true;
    conn_write(&pair.world->conn, (struct span){bytes, BYTES});
    conn_shutdown_write(&pair.world->conn);
    for (int i = 0; i < 10; i++)
        turn(&pair);
    assert_false(pair.peer.has_ended);
    pair.peer.is_deaf = false;
    TURN_UNTIL(&pair, pair.peer.is_at_end);
    assert_true(pair.peer.has_ended);
    assert_true(span_eq(buf_span(&pair.peer.heard), (struct span){bytes, BYTES}));
    pair_free(&pair);
    free(bytes);
}

static void incomplete_output_ends_without_close_notify(void **state)
{
    struct pair pair = ready_pair(TLS1_3_VERSION, true);

    conn_write(&pair.world->conn, SPAN("half a mess"));
    conn_flush(&pair.world->conn);
    conn_tls_cut(&pair.world->conn);
    conn_shutdown_write(&pair.world->conn);
    TURN_UNTIL(&pair, pair.peer.is_at_end);
    assert_false(pair.peer.has_ended);
    pair_free(&pair);
}

/* A cut at the end of a record, and in the middle of one. */
static void a_cut_is_distinguished_from_an_end(void **state)
{
    for (int i = 0; i < 4; i++) {
        struct pair pair = ready_pair(i / 2 ? TLS1_3_VERSION : TLS1_2_VERSION, false);

        tls_peer_write(&pair.peer, SPAN("a line\r\n"));
        if (i % 2)
            pair.peer.unsent.n -= 3;
        TURN_UNTIL(&pair, pair.peer.unsent.n == 0);
        shutdown(pair.world->peer, SHUT_WR);
        TURN_UNTIL(&pair, pair.world->ended || pair.world->error);
        assert_int_equal(pair.world->error, 0);
        assert_int_equal(pair.world->heard.n, i % 2 ? 0 : 8);
        assert_true(conn_tls_was_cut(&pair.world->conn));
        conn_write(&pair.world->conn, SPAN("still writable"));
        conn_flush(&pair.world->conn);
        TURN_UNTIL(&pair, pair.peer.heard.n == 14);
        pair_free(&pair);
    }
}

static void keys_are_updated(void **state)
{
    struct pair pair = ready_pair(TLS1_3_VERSION, true);

    for (int i = 1; i <= 20; i++) {
        assert_true(SSL_key_update(pair.peer.ssl, SSL_KEY_UPDATE_REQUESTED));
        tls_peer_write(&pair.peer, SPAN("x"));
        TURN_UNTIL(&pair, pair.world->heard.n == (size_t)i);
        conn_write(&pair.world->conn, SPAN("y"));
        conn_flush(&pair.world->conn);
        TURN_UNTIL(&pair, pair.peer.heard.n == (size_t)i);
    }
    assert_int_equal(pair.world->error, 0);
    assert_int_equal(pair.peer.error, 0);
    pair_free(&pair);
}

/* A peer that requests key updates and reads nothing cannot make the output grow. */
static void requests_for_key_updates_do_not_pile_up(void **state)
{
    struct pair pair = ready_pair(TLS1_3_VERSION, true);

    pair.peer.is_deaf = true;
    for (int i = 0; i < 20000; i++) {
        SSL_key_update(pair.peer.ssl, SSL_KEY_UPDATE_REQUESTED);
        tls_peer_write(&pair.peer, SPAN("x"));
        if (i % 100 == 0)
            turn(&pair);
    }
    for (int i = 0; i < 100; i++)
        turn(&pair);
    assert_in_range(conn_waiting(&pair.world->conn), 0, 600000);
    pair_free(&pair);
}

static void renegotiation_is_refused(void **state)
{
    struct pair pair = ready_pair(TLS1_2_VERSION, true);

    SSL_renegotiate(pair.peer.ssl);
    TURN_UNTIL(&pair, pair.peer.error);
    assert_int_equal(ERR_GET_REASON(pair.peer.error), SSL_R_NO_RENEGOTIATION);
    assert_int_equal(pair.world->connected, 1);
    pair_free(&pair);
}

/* The client does not know the certificate. */
static void the_peers_alert_is_known(void **state)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

    for (int i = 0; i < 2; i++) {
        struct pair pair = pair_of(versions[i], true);

        SSL_CTX_set_cert_store(pair.client, X509_STORE_new());
        SSL_free(pair.peer.ssl);
        tls_peer_init(&pair.peer, ssl_of_conn(&pair, false), pair.world->peer);
        conn_tls_start(&pair.world->conn, ssl_of_conn(&pair, true), (struct span){0});
        TURN_UNTIL(&pair, pair.world->error);
        assert_int_equal(pair.world->error, EPROTO);
        assert_int_equal(conn_tls_alert(&pair.world->conn), SSL_AD_UNKNOWN_CA);
        assert_int_equal(pair.world->connected, 0);
        pair_free(&pair);
    }
}

static void a_handshake_that_fails_is_reported(void **state)
{
    struct pair pair = pair_of(TLS1_3_VERSION, false);

    conn_tls_start(&pair.world->conn, ssl_of_conn(&pair, false), (struct span){0});
    assert_int_equal(write(pair.world->peer, "+OK POP3 ready\r\n", 16), 16);
    for (int i = 0; i < 10; i++)
        world_turn(pair.world);
    assert_int_equal(pair.world->error, EPROTO);
    assert_int_equal(ERR_GET_REASON(conn_tls_error(&pair.world->conn)), SSL_R_WRONG_VERSION_NUMBER);
    assert_int_equal(conn_tls_alert(&pair.world->conn), -1);
    pair_free(&pair);
}

static void a_peer_that_ends_in_the_handshake_is_reported(void **state)
{
    for (int i = 0; i < 2; i++) {
        struct pair pair = pair_of(TLS1_3_VERSION, i == 1);

        conn_tls_start(&pair.world->conn, ssl_of_conn(&pair, i == 1), (struct span){0});
        shutdown(pair.world->peer, SHUT_WR);
        for (int j = 0; j < 10; j++)
            world_turn(pair.world);
        assert_int_equal(pair.world->error, ECONNRESET);
        pair_free(&pair);
    }
}

static int wait_for_certificate(SSL *ssl, X509 **certificate, EVP_PKEY **key)
{
    return -1;
}

static void a_wanted_client_certificate_is_reported(void **state)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

    for (int i = 0; i < 2; i++) {
        struct pair pair = pair_of(versions[i], false);

        SSL_set_verify(pair.peer.ssl, SSL_VERIFY_PEER, NULL);
        SSL_CTX_set_client_cert_cb(pair.client, wait_for_certificate);
        conn_tls_start(&pair.world->conn, ssl_of_conn(&pair, false), (struct span){0});
        TURN_UNTIL(&pair, pair.world->error);
        assert_int_equal(pair.world->error, ENOKEY);
        pair_free(&pair);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_octet_of_the_handshake_arrives_alone),
        cmocka_unit_test(much_data_both_ways),
        cmocka_unit_test(much_data_through_small_socket_buffers),
        cmocka_unit_test(much_data_to_an_owner_that_pauses),
        cmocka_unit_test(paused_connections_do_not_get_each_others_data),
        cmocka_unit_test(a_closed_connection_leaves_nothing_to_the_next),
        cmocka_unit_test(a_hello_that_was_read_before_is_used),
        cmocka_unit_test(each_direction_ends_alone),
        cmocka_unit_test(output_that_waits_is_sent_before_close_notify),
        cmocka_unit_test(incomplete_output_ends_without_close_notify),
        cmocka_unit_test(a_cut_is_distinguished_from_an_end),
        cmocka_unit_test(keys_are_updated),
        cmocka_unit_test(requests_for_key_updates_do_not_pile_up),
        cmocka_unit_test(renegotiation_is_refused),
        cmocka_unit_test(the_peers_alert_is_known),
        cmocka_unit_test(a_handshake_that_fails_is_reported),
        cmocka_unit_test(a_peer_that_ends_in_the_handshake_is_reported),
        cmocka_unit_test(a_wanted_client_certificate_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
