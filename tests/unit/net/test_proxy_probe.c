#include "net/proxy_probe.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

enum { SOON_MS = 50, LATE_MS = 20000 };

/* A proxy on loopback, and the probe's results. */
struct world {
    struct event_base *base;
    struct proxy_probe probe;
    union inet_address address;
    int listener;
    struct event *accepts;
    const char *answer; /* NULL: closes the connection; "": sends nothing */
    bool resets;        /* closes with a reset */
    int silent;         /* the connection that stays silent */
    int reported, error;
};

static void on_done(void *context, int error)
{
    struct world *world = context;

    world->reported++;
    world->error = error;
    event_base_loopbreak(world->base);
}

static void on_connection(evutil_socket_t listener, short what, void *context)
{
    struct world *world = context;
    struct linger now = {1, 0};
    int fd = accept(listener, NULL, NULL);

    assert_true(fd >= 0);
    if (world->answer && !*world->answer) {
        world->silent = fd;
        return;
    }
    if (world->answer)
        assert_int_equal(send(fd, world->answer, strlen(world->answer), 0), strlen(world->answer));
    if (world->resets)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
}

static void listen_on(struct world *world, const struct sockaddr *any, socklen_t size)
{
    memcpy(&world->address, any, size);
    world->listener = socket(any->sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(world->listener, any, size), 0);
    assert_int_equal(listen(world->listener, 8), 0);
    assert_int_equal(getsockname(world->listener, &world->address.any, &size), 0);
    world->accepts = event_new(world->base, world->listener, EV_READ | EV_PERSIST, on_connection, world);
    event_add(world->accepts, NULL);
}

static int set_up(void **state)
{
    const struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct world *world = calloc(1, sizeof *world);

    world->base = event_base_new();
    world->silent = -1;
    listen_on(world, (const struct sockaddr *)&any, sizeof any);
    proxy_probe_init(&world->probe, world->base, on_done, world);
    *state = world;
    return 0;
}

static void stop_listening(struct world *world)
{
    event_free(world->accepts);
    close(world->listener);
    world->accepts = NULL;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    proxy_probe_fini(&world->probe);
    if (world->accepts)
        stop_listening(world);
    if (world->silent >= 0)
        close(world->silent);
    event_base_free(world->base);
    free(world);
    return 0;
}

static int probe(struct world *world, uint64_t deadline_ms)
{
    int before = world->reported;

    proxy_probe_start(&world->probe, &world->address, deadline_ms);
    assert_int_equal(world->reported, before); /* never from within the call */
    event_base_dispatch(world->base);
    assert_int_equal(world->reported, before + 1);
    return world->error;
}

static void a_line_is_an_answer(void **state)
{
    struct world *world = *state;

    world->answer = "-ERR [SYS/PERM] destination not allowed\r\n";
    assert_int_equal(probe(world, LATE_MS), 0);
    assert_int_equal(probe(world, LATE_MS), 0); /* a repeated probe */
}

static void an_orderly_end_is_an_answer(void **state)
{
    assert_int_equal(probe(*state, LATE_MS), 0);
}

static void a_reset_is_no_answer(void **state)
{
    struct world *world = *state;

    world->resets = true;
    assert_int_equal(probe(world, LATE_MS), ECONNRESET);
}

static void a_refused_connection_is_no_answer(void **state)
{
    struct world *world = *state;

    stop_listening(world);
    assert_int_equal(probe(world, LATE_MS), ECONNREFUSED);
}

static void silence_after_accept_is_no_answer(void **state)
{
    struct world *world = *state;

    world->answer = "";
    assert_int_equal(probe(world, SOON_MS), ETIMEDOUT);
}

/* Like a hung process: the kernel accepts into its backlog. */
static void an_unaccepted_connection_is_no_answer(void **state)
{
    struct world *world = *state;

    event_del(world->accepts);
    assert_int_equal(probe(world, SOON_MS), ETIMEDOUT);
}

static void an_immediate_failure_is_reported_later(void **state)
{
    struct world *world = *state;

    world->address.in.sin_addr.s_addr = htonl(0xffffffff); /* a broadcast address, which connect refuses */
    assert_int_not_equal(probe(world, LATE_MS), 0);
    assert_int_not_equal(world->error, ETIMEDOUT);
}

static void probes_ipv6(void **state)
{
    const struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct world *world = *state;

    stop_listening(world);
    listen_on(world, (const struct sockaddr *)&any, sizeof any);
    assert_int_equal(probe(world, LATE_MS), 0);
}

static void does_not_report_after_fini(void **state)
{
    struct world *world = *state;

    proxy_probe_start(&world->probe, &world->address, LATE_MS);
    proxy_probe_fini(&world->probe);
    event_base_loop(world->base, EVLOOP_NONBLOCK);
    assert_int_equal(world->reported, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_is_an_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_orderly_end_is_an_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reset_is_no_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refused_connection_is_no_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(silence_after_accept_is_no_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unaccepted_connection_is_no_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_immediate_failure_is_reported_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(probes_ipv6, set_up, tear_down),
        cmocka_unit_test_setup_teardown(does_not_report_after_fini, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
