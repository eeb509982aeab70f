#include "net/conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

enum { ENDLESS = 100 };

static int receptions;
static bool has_always_more;

ssize_t __real_recv(int fd, void *into, size_t room, int flags);
ssize_t __wrap_recv(int fd, void *into, size_t room, int flags);

/* A peer that sends as fast as we read. */
ssize_t __wrap_recv(int fd, void *into, size_t room, int flags)
{
    ssize_t n = __real_recv(fd, into, room, flags);

    assert_true(++receptions < ENDLESS);
    return n < 0 && has_always_more ? (ssize_t)room : n;
}

static bool is_watch_refused;

int __real_event_add(struct event *event, const struct timeval *timeout);
int __wrap_event_add(struct event *event, const struct timeval *timeout);

/* A kernel that watches no further descriptor. */
int __wrap_event_add(struct event *event, const struct timeval *timeout)
{
    return is_watch_refused ? -1 : __real_event_add(event, timeout);
}

static void ignore(void *context, struct conn *conn)
{
}

static unsigned failures;
static int last_error;

static void record_failure(void *context, struct conn *conn, int error)
{
    failures++;
    last_error = error;
}

static const struct conn_handlers handlers = {ignore, ignore, ignore, ignore, record_failure, NULL};

struct pair {
    struct event_base *base;
    struct conn conn;
    int peer;
};

static void open_pair(struct pair *pair)
{
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    pair->base = event_base_new();
    pair->peer = fds[1];
    conn_init(&pair->conn, pair->base, fds[0], &handlers, NULL);
    receptions = 0;
    failures = 0;
}

static void close_pair(struct pair *pair)
{
    conn_fini(&pair->conn);
    close(pair->peer);
    event_base_free(pair->base);
    has_always_more = false;
}

static void drops_what_has_arrived(void **state)
{
    static const char junk[10000];
    struct pair pair;
    char left[16];

    open_pair(&pair);
    assert_int_equal(write(pair.peer, junk, sizeof junk), sizeof junk);
    conn_drop_input(&pair.conn);
    assert_int_equal(write(pair.peer, "after", 5), 5);
    assert_int_equal(read(pair.conn.fd, left, sizeof left), 5);
    close_pair(&pair);
}

static void drops_only_what_had_arrived(void **state)
{
    static const char junk[10000];
    struct pair pair;

    open_pair(&pair);
    has_always_more = true;
    assert_int_equal(write(pair.peer, junk, sizeof junk), sizeof junk);
    conn_drop_input(&pair.conn);
    close_pair(&pair);
}

static void assert_fails_once(struct pair *pair)
{
    assert_int_equal(failures, 0); /* not while the owner is at work */
    event_base_loop(pair->base, EVLOOP_NONBLOCK);
    is_watch_refused = false;
    assert_int_equal(failures, 1);
    assert_int_equal(last_error, ENOMEM);
    assert_false(conn_is_open(&pair->conn));
    event_base_loop(pair->base, EVLOOP_NONBLOCK);
    assert_int_equal(failures, 1);
}

static void fails_if_it_cannot_wait_for_input(void **state)
{
    struct pair pair;

    open_pair(&pair);
    is_watch_refused = true;
    conn_read(&pair.conn, true);
    assert_fails_once(&pair);
    close_pair(&pair);
}

static void fails_if_it_cannot_wait_for_space(void **state)
{
    static const char much[4 << 20];
    struct pair pair;

    open_pair(&pair);
    is_watch_refused = true;
    conn_write(&pair.conn, (struct span){much, sizeof much});
    conn_flush(&pair.conn);
    assert_fails_once(&pair);
    close_pair(&pair);
}

static void fails_if_it_cannot_wait_for_its_connection(void **state)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof to;
    struct pair pair = {.base = event_base_new(), .peer = socket(AF_INET, SOCK_STREAM, 0)};
    const struct outgoing outgoing = {0};

    failures = 0;
    assert_int_equal(bind(pair.peer, (struct sockaddr *)&to, size), 0);
    assert_int_equal(listen(pair.peer, 1), 0);
    assert_int_equal(getsockname(pair.peer, (struct sockaddr *)&to, &size), 0);
    is_watch_refused = true;
    assert_true(conn_init_connect(&pair.conn, pair.base, (struct sockaddr *)&to, size, &outgoing, &handlers, NULL));
    assert_fails_once(&pair);
    close_pair(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fails_if_it_cannot_wait_for_input),
        cmocka_unit_test(fails_if_it_cannot_wait_for_space),
        cmocka_unit_test(fails_if_it_cannot_wait_for_its_connection),
        cmocka_unit_test(drops_what_has_arrived),
        cmocka_unit_test(drops_only_what_had_arrived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
