#include "net/conn.h"

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

static void ignore(void *context, struct conn *conn)
{
}

static void ignore_failure(void *context, struct conn *conn, int error)
{
}

static const struct conn_handlers handlers = {ignore, ignore, ignore, ignore, ignore_failure, NULL};

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drops_what_has_arrived),
        cmocka_unit_test(drops_only_what_had_arrived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
