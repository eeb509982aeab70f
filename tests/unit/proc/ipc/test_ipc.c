#include "proc/ipc/ipc.h"

#include "base/log.h"
#include "net/channel.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

/* One end of a channel, and what it received. */
struct side {
    struct ipc *ipc;
    unsigned messages, closings;
    enum ipc_kind kind;
    uint64_t id;
    bool accused, reject, free_within;
    int fd;
};

static struct event_base *base;
static struct side us;
static int raw; /* the other end, if the test plays the peer */

static void on_message(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    struct side *side = context;

    side->messages++;
    side->kind = kind;
    memcpy(&side->id, payload, sizeof side->id);
    if (side->fd >= 0)
        close(side->fd);
    side->fd = fd;
    if (side->reject)
        ipc_violation(ipc, "unexpected reply");
    if (side->free_within)
        ipc_free(&side->ipc);
}

static void on_closed(void *context, struct ipc *ipc)
{
    struct side *side = context;

    side->closings++;
    side->accused = ipc_is_accused(ipc);
    ipc_free(&side->ipc);
}

static const struct ipc_handlers handlers = {on_message, on_closed};

static void turn(void)
{
    for (int i = 0; i < 8; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
}

static void join(enum role self, enum role peer)
{
    int ends[2];

    assert_true(channel_pair(ends));
    us = (struct side){.fd = -1};
    us.ipc = ipc_new(base, ends[0], self, peer, 7, &handlers, &us);
    raw = ends[1];
}

static void part(void)
{
    ipc_free(&us.ipc);
    close(raw);
    if (us.fd >= 0)
        close(us.fd);
}

static void put(uint32_t kind, const void *payload, size_t n, int carried)
{
    size_t size = 8 + n;
    char *packet = calloc(1, size);

    memcpy(packet, &kind, sizeof kind);
    if (n)
        memcpy(packet + 8, payload, n);
    assert_int_equal(channel_send(raw, (struct span){packet, size}, carried), CHANNEL_OK);
    free(packet);
}

static size_t count_descriptors(void)
{
    size_t count = 0;

    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void assert_accused(void)
{
    turn();
    assert_int_equal(us.messages, 0);
    assert_int_equal(us.closings, 1);
    assert_true(us.accused);
    part();
}

static void delivers_what_the_table_permits(void **state)
{
    struct ipc_scan scan = {.id = 42, .size = 3};

    join(ROLE_SCAN, ROLE_RELAY);
    assert_int_equal(ipc_peer_role(us.ipc), ROLE_RELAY);
    assert_int_equal(ipc_peer_index(us.ipc), 7);
    put(IPC_SCAN, &scan, sizeof scan, STDIN_FILENO);
    turn();
    assert_int_equal(us.messages, 1);
    assert_int_equal(us.kind, IPC_SCAN);
    assert_int_equal(us.id, 42);
    assert_true(us.fd >= 0);
    assert_int_equal(us.closings, 0);
    part();
}

static void refuses_an_unknown_kind(void **state)
{
    struct ipc_scan scan = {0};

    join(ROLE_SCAN, ROLE_RELAY);
    put(IPC_KIND_COUNT, &scan, sizeof scan, -1);
    assert_accused();
    join(ROLE_SCAN, ROLE_RELAY);
    put(UINT32_MAX, &scan, sizeof scan, -1);
    assert_accused();
}

static void refuses_a_truncated_head(void **state)
{
    for (size_t n = 1; n < 8; n++) {
        join(ROLE_SCAN, ROLE_RELAY);
        assert_int_equal(channel_send(raw, (struct span){"\0\0\0\0\0\0\0", n}, -1), CHANNEL_OK);
        assert_accused();
    }
}

static void refuses_a_payload_that_is_short_or_long(void **state)
{
    static char payload[IPC_PAYLOAD_MAX + 64];
    const size_t right = sizeof(struct ipc_scan);
    const size_t wrong[] = {0, 1, right - 1, right + 1, IPC_PAYLOAD_MAX, IPC_PAYLOAD_MAX + 64};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        size_t before = count_descriptors();

        join(ROLE_SCAN, ROLE_RELAY);
        put(IPC_SCAN, payload, wrong[i], STDIN_FILENO);
        assert_accused();
        assert_int_equal(count_descriptors(), before);
    }
}

static void refuses_a_missing_descriptor(void **state)
{
    struct ipc_scan scan = {0};

    join(ROLE_SCAN, ROLE_RELAY);
    put(IPC_SCAN, &scan, sizeof scan, -1);
    assert_accused();
}

static void refuses_an_extra_descriptor_and_closes_it(void **state)
{
    struct ipc_verdict verdict = {0};
    size_t before = count_descriptors();

    join(ROLE_RELAY, ROLE_SCAN);
    put(IPC_VERDICT, &verdict, sizeof verdict, STDIN_FILENO);
    assert_accused();
    assert_int_equal(count_descriptors(), before);
}

/* Every kind with every pair of roles: only the pairs of the table pass. */
static void refuses_a_sender_that_may_not_send_it(void **state)
{
    static const struct {
        enum role from, to;
        size_t size;
        bool carries;
    } rows[] = {
#define X(kind, from, to, payload, fd) {ROLE_##from, ROLE_##to, sizeof(struct payload), fd},
        IPC_TABLE(X)
#undef X
    };
    static char payload[IPC_PAYLOAD_MAX];

    for (uint32_t kind = 0; kind < IPC_KIND_COUNT; kind++)
        for (enum role from = 0; from < ROLE_COUNT; from++)
            for (enum role to = 0; to < ROLE_COUNT; to++) {
                bool permitted = (rows[kind].from == ROLE_ANY || rows[kind].from == from) &&
                                 (rows[kind].to == ROLE_ANY || rows[kind].to == to);

                join(to, from);
                put(kind, payload, rows[kind].size, rows[kind].carries ? STDIN_FILENO : -1);
                turn();
                assert_int_equal(us.messages, permitted && kind != IPC_PING);
                assert_int_equal(us.closings, !permitted);
                assert_int_equal(us.accused, !permitted);
                part();
            }
}

/* The answer comes from the event loop, whatever the role. */
static void gives_a_sign_of_life_when_asked(void **state)
{
    static const enum role roles[] = {ROLE_RELAY, ROLE_SCAN, ROLE_CLAMAV, ROLE_READER, ROLE_KEEPER};
    char answer[64];
    size_t n;
    int carried;

    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        join(roles[i], ROLE_PARENT);
        put(IPC_PING, &(struct ipc_none){0}, sizeof(struct ipc_none), -1);
        assert_int_equal(channel_receive(raw, answer, sizeof answer, &n, &carried), CHANNEL_FULL);
        turn();
        assert_int_equal(channel_receive(raw, answer, sizeof answer, &n, &carried), CHANNEL_OK);
        assert_int_equal(n, 8 + sizeof(struct ipc_none));
        assert_int_equal(*(uint32_t *)(void *)answer, IPC_PONG);
        assert_int_equal(us.messages, 0);
        part();
    }
}

static void closes_when_a_handler_reports_a_violation(void **state)
{
    struct ipc_verdict verdict = {0};

    join(ROLE_RELAY, ROLE_SCAN);
    us.reject = true;
    put(IPC_VERDICT, &verdict, sizeof verdict, -1);
    put(IPC_VERDICT, &verdict, sizeof verdict, -1);
    turn();
    assert_int_equal(us.messages, 1); /* messages after a violation are not delivered */
    assert_int_equal(us.closings, 1);
    assert_true(us.accused);
    part();
}

static void a_peer_that_disconnects_is_not_accused(void **state)
{
    struct ipc_verdict verdict = {.id = 9};

    join(ROLE_RELAY, ROLE_SCAN);
    put(IPC_VERDICT, &verdict, sizeof verdict, -1);
    close(raw);
    raw = -1;
    /* What the peer sent before closing is delivered, even if we write first. */
    ipc_send(us.ipc, IPC_SCAN, &(struct ipc_scan){0}, STDIN_FILENO);
    turn();
    assert_int_equal(us.messages, 1);
    assert_int_equal(us.closings, 1);
    assert_false(us.accused);
    part();
}

static void may_be_freed_by_its_handler(void **state)
{
    struct ipc_verdict verdict = {0};

    join(ROLE_RELAY, ROLE_SCAN);
    us.free_within = true;
    put(IPC_VERDICT, &verdict, sizeof verdict, -1);
    put(IPC_VERDICT, &verdict, sizeof verdict, -1);
    turn();
    assert_int_equal(us.messages, 1);
    assert_int_equal(us.closings, 0);
    part();
}

static void queues_while_the_socket_is_full_and_keeps_order(void **state)
{
    enum { QUEUED = 100 };
    struct side peer = {.fd = -1};
    size_t before = count_descriptors();
    uint64_t sent = 0;

    join(ROLE_RELAY, ROLE_SCAN);
    /* Each packet in the queue has a descriptor of its own. */
    while (count_descriptors() < before + 2 + QUEUED)
        assert_true(ipc_send(us.ipc, IPC_SCAN, &(struct ipc_scan){.id = ++sent}, STDIN_FILENO));
    peer.ipc = ipc_new(base, raw, ROLE_SCAN, ROLE_RELAY, 0, &handlers, &peer);
    raw = -1;
    while (peer.messages < sent) {
        event_base_loop(base, EVLOOP_ONCE);
        assert_int_equal(peer.id, peer.messages);
    }
    ipc_free(&peer.ipc);
    close(peer.fd);
    part();
    assert_int_equal(count_descriptors(), before);
}

static struct rlimit limit_before;

/* Sets the limit so that no descriptor is free. */
static void use_all_descriptors(void)
{
    int free_fd = dup(STDIN_FILENO);

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit_before), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){(rlim_t)free_fd, limit_before.rlim_max}), 0);
    close(free_fd);
}

static void free_descriptors(void)
{
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit_before), 0);
}

static void await_messages(unsigned count)
{
    while (us.messages < count)
        assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
}

static void a_packet_waits_while_no_descriptor_is_free_for_it(void **state)
{
    struct ipc_scan scan = {.id = 1};
    struct ipc_cancel cancel = {.id = 2};

    join(ROLE_SCAN, ROLE_RELAY);
    put(IPC_CANCEL, &cancel, sizeof cancel, -1);
    put(IPC_SCAN, &scan, sizeof scan, STDIN_FILENO);
    scan.id = 3;
    put(IPC_SCAN, &scan, sizeof scan, STDIN_FILENO);
    use_all_descriptors();
    turn();
    assert_int_equal(us.messages, 1);
    assert_int_equal(us.id, 2);
    assert_int_equal(us.closings, 0);
    free_descriptors();
    await_messages(3);
    assert_int_equal(us.id, 3);
    assert_true(us.fd >= 0);
    part();
}

static void a_packet_that_is_too_large_does_not_wait(void **state)
{
    static char payload[IPC_PAYLOAD_MAX + 8];

    join(ROLE_SCAN, ROLE_RELAY);
    put(IPC_SCAN, payload, sizeof payload, -1);
    use_all_descriptors();
    assert_accused();
    free_descriptors();
}

static void a_channel_may_be_freed_while_a_packet_waits(void **state)
{
    struct ipc_scan scan = {.id = 1};

    join(ROLE_SCAN, ROLE_RELAY);
    put(IPC_SCAN, &scan, sizeof scan, STDIN_FILENO);
    use_all_descriptors();
    turn();
    assert_int_equal(us.messages, 0);
    free_descriptors();
    part();
}

static void reports_that_no_descriptor_is_free_for_the_queue(void **state)
{
    struct ipc_scan scan = {0};
    bool was_sent = true;

    join(ROLE_RELAY, ROLE_SCAN);
    use_all_descriptors();
    for (int i = 0; i < 3000 && was_sent; i++)
        was_sent = ipc_send(us.ipc, IPC_SCAN, &scan, STDIN_FILENO);
    assert_false(was_sent);
    assert_true(ipc_send(us.ipc, IPC_CANCEL, &(struct ipc_cancel){0}, -1));
    turn();
    assert_int_equal(us.closings, 0);
    free_descriptors();
    assert_true(ipc_send(us.ipc, IPC_SCAN, &scan, STDIN_FILENO));
    part();
}

static void accuses_to_the_parent(void **state)
{
    struct side parent = {.fd = -1};
    int ends[2];

    assert_true(channel_pair(ends));
    parent.ipc = ipc_new(base, ends[0], ROLE_PARENT, ROLE_RELAY, 0, &handlers, &parent);
    join(ROLE_RELAY, ROLE_SCAN);
    {
        struct side child = {.fd = -1};

        child.ipc = ipc_new(base, ends[1], ROLE_RELAY, ROLE_PARENT, 0, &handlers, &child);
        ipc_accuse(child.ipc, us.ipc);
        turn();
        ipc_free(&child.ipc);
    }
    assert_int_equal(parent.messages, 1);
    assert_int_equal(parent.kind, IPC_ACCUSE);
    assert_memory_equal(&parent.id, (&(struct ipc_peer){ROLE_SCAN, 7}), sizeof(struct ipc_peer));
    ipc_free(&parent.ipc);
    part();
}

static int open_base(void **state)
{
    log_set_level(LOG_LEVEL_ERROR);
    base = event_base_new();
    return base ? 0 : -1;
}

static int close_base(void **state)
{
    event_base_free(base);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delivers_what_the_table_permits),
        cmocka_unit_test(refuses_an_unknown_kind),
        cmocka_unit_test(refuses_a_truncated_head),
        cmocka_unit_test(refuses_a_payload_that_is_short_or_long),
        cmocka_unit_test(refuses_a_missing_descriptor),
        cmocka_unit_test(refuses_an_extra_descriptor_and_closes_it),
        cmocka_unit_test(refuses_a_sender_that_may_not_send_it),
        cmocka_unit_test(gives_a_sign_of_life_when_asked),
        cmocka_unit_test(closes_when_a_handler_reports_a_violation),
        cmocka_unit_test(a_peer_that_disconnects_is_not_accused),
        cmocka_unit_test(may_be_freed_by_its_handler),
        cmocka_unit_test(queues_while_the_socket_is_full_and_keeps_order),
        cmocka_unit_test(a_packet_waits_while_no_descriptor_is_free_for_it),
        cmocka_unit_test(a_packet_that_is_too_large_does_not_wait),
        cmocka_unit_test(a_channel_may_be_freed_while_a_packet_waits),
        cmocka_unit_test(reports_that_no_descriptor_is_free_for_the_queue),
        cmocka_unit_test(accuses_to_the_parent),
    };
    return cmocka_run_group_tests(tests, open_base, close_base);
}
