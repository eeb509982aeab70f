#include "net/line_client.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

enum { SOON_MS = 50, LONG_MS = 20000 };

struct pair {
    int listener, peer;
    union inet_address address;
    struct line_client talk;
    struct buf line;
};

static void listen_here(struct pair *pair)
{
    socklen_t size = sizeof pair->address.in;

    pair->address.in = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    pair->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(pair->listener, &pair->address.any, size), 0);
    assert_int_equal(listen(pair->listener, 1), 0);
    assert_int_equal(getsockname(pair->listener, &pair->address.any, &size), 0);
}

static void begin(struct pair *pair, uint64_t deadline_ms)
{
    *pair = (struct pair){0};
    listen_here(pair);
    assert_true(line_client_open(&pair->talk, &pair->address, deadline_ms));
    pair->peer = accept4(pair->listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(pair->peer >= 0);
}

static void end(struct pair *pair)
{
    line_client_close(&pair->talk);
    buf_fini(&pair->line);
    close(pair->peer);
    close(pair->listener);
}

static void peer_sends(struct pair *pair, struct span bytes)
{
    assert_int_equal(write(pair->peer, bytes.p, bytes.n), bytes.n);
}

static void assert_line(struct pair *pair, const char *wanted)
{
    buf_clear(&pair->line);
    assert_true(line_client_read_line(&pair->talk, &pair->line));
    assert_string_equal(buf_c_str(&pair->line), wanted);
}

static void reads_single_lines_however_they_were_sent(void **state)
{
    struct pair pair;
    char asked[16];

    begin(&pair, LONG_MS);
    peer_sends(&pair, SPAN("+OK ready\r\nsec"));
    assert_line(&pair, "+OK ready");
    peer_sends(&pair, SPAN("ond\n\r\n"));
    assert_line(&pair, "second");
    assert_line(&pair, "");
    assert_true(line_client_write_line(&pair.talk, SPAN("CAPA\r\n")));
    assert_int_equal(read(pair.peer, asked, sizeof asked), 6);
    assert_memory_equal(asked, "CAPA\r\n", 6);
    end(&pair);
}

static void a_peer_that_closes_is_an_error(void **state)
{
    struct pair pair;

    begin(&pair, LONG_MS);
    peer_sends(&pair, SPAN("half a line"));
    shutdown(pair.peer, SHUT_WR);
    assert_false(line_client_read_line(&pair.talk, &pair.line));
    assert_int_equal(errno, ECONNRESET);
    assert_int_equal(pair.line.n, 0);
    end(&pair);
}

static void a_silent_peer_is_an_error_at_the_deadline(void **state)
{
    struct pair pair;

    begin(&pair, SOON_MS);
    peer_sends(&pair, SPAN("half a line"));
    assert_false(line_client_read_line(&pair.talk, &pair.line));
    assert_int_equal(errno, ETIMEDOUT);
    end(&pair);
}

static void a_line_without_end_is_refused(void **state)
{
    static const char much[LINE_CLIENT_MAX + 2] = {'x'};
    struct pair pair;

    begin(&pair, LONG_MS);
    peer_sends(&pair, (struct span){much, sizeof much});
    assert_false(line_client_read_line(&pair.talk, &pair.line));
    assert_int_equal(errno, EMSGSIZE);
    end(&pair);
}

static void a_refused_connection_is_an_error(void **state)
{
    struct pair pair = {.peer = -1};

    listen_here(&pair);
    close(pair.listener);
    assert_false(line_client_open(&pair.talk, &pair.address, LONG_MS));
    assert_int_equal(errno, ECONNREFUSED);
    line_client_close(&pair.talk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_single_lines_however_they_were_sent),
        cmocka_unit_test(a_peer_that_closes_is_an_error),
        cmocka_unit_test(a_silent_peer_is_an_error_at_the_deadline),
        cmocka_unit_test(a_line_without_end_is_refused),
        cmocka_unit_test(a_refused_connection_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
