#include "base/buf.h"
#include "proc/ipc/child.h"
#include "net/channel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* reader_main runs in a child process; the test plays the parent and a relay. */

enum { REPLIES_MAX = 64 };

static struct event_base *base;
static pid_t reader_pid;
static struct ipc *parent, *relay;
static struct ipc_facts replies[REPLIES_MAX];
static size_t reply_count;
static bool is_ready;

static void on_message(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    assert_int_equal(fd, -1);
    if (kind == IPC_READY)
        is_ready = true;
    if (kind == IPC_FACTS) {
        assert_true(reply_count < REPLIES_MAX);
        memcpy(&replies[reply_count++], payload, sizeof *replies);
    }
}

static void on_closed(void *context, struct ipc *ipc)
{
    ipc_free(context);
}

static const struct ipc_handlers handlers = {on_message, on_closed};

static int begin(void **state)
{
    int ends[2];
    struct child_start start = {.role = ROLE_READER};

    reply_count = 0;
    is_ready = false;
    if (!channel_pair(ends))
        return -1;
    reader_pid = fork();
    if (reader_pid == 0) {
        close(ends[0]);
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        start.parent_fd = ends[1];
        _exit(reader_main(&start));
    }
    close(ends[1]);
    base = event_base_new();
    parent = ipc_new(base, ends[0], ROLE_PARENT, ROLE_READER, 0, &handlers, &parent);
    if (!channel_pair(ends))
        return -1;
    ipc_send(parent, IPC_PEER, &(struct ipc_peer){ROLE_RELAY, 0}, ends[1]);
    close(ends[1]);
    relay = ipc_new(base, ends[0], ROLE_RELAY, ROLE_READER, 0, &handlers, &relay);
    return 0;
}

/* It ends when a relay is gone and it is stopped: with status 0 and without children. */
static int finish(void **state)
{
    int status;

    ipc_send(parent, IPC_STOP, &(struct ipc_none){0}, -1);
    ipc_free(&relay);
    while (parent)
        event_base_loop(base, EVLOOP_ONCE);
    assert_int_equal(waitpid(reader_pid, &status, 0), reader_pid);
    assert_int_equal(status, 0);
    event_base_free(base);
    return 0;
}

static void ask(uint64_t id, struct span message)
{
    int fd = memfd_create("message", MFD_CLOEXEC);

    assert_int_equal(write(fd, message.p, message.n), message.n);
    ipc_send(relay, IPC_READ, &(struct ipc_read){id, message.n}, fd);
    close(fd);
}

static void await(size_t count)
{
    while (reply_count < count)
        assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
}

static void returns_facts_and_kept_fields(void **state)
{
    ask(7, SPAN("Received: from a\r\n\tby b\r\nFrom: =?iso-2022-jp?B?GyRCJCIbKEI=?= <a@x>\r\nTo: b@x\r\n"
                "Subject: =?koi8-r?B?8NLJ18XU?=\r\nMessage-ID: <1@x>\r\n\r\nX: body\r\n"));
    await(1);
    assert_int_equal(replies[0].id, 7);
    assert_true(replies[0].ok);
    assert_string_equal(replies[0].facts.from, "\xe3\x81\x82 <a@x>");
    assert_string_equal(replies[0].facts.subject, "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82");
    assert_string_equal(replies[0].facts.message_id, "<1@x>");
    assert_string_equal(replies[0].kept.text, "Received: from a\r\n\tby b\r\n"
                                              "From: =?iso-2022-jp?B?GyRCJCIbKEI=?= <a@x>\r\nTo: b@x\r\n");
    assert_true(is_ready);
}

static void answers_for_messages_without_a_header(void **state)
{
    ask(1, SPAN(""));
    ask(2, SPAN("no header\r\n"));
    ask(3, SPAN("\0\0\0\r\r\n"));
    await(3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(replies[i].ok);
        assert_string_equal(replies[i].facts.from, "");
        assert_int_equal(replies[i].kept.n, 0);
    }
}

static void answers_for_a_descriptor_that_cannot_be_read(void **state)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    ipc_send(relay, IPC_READ, &(struct ipc_read){9, 100}, ends[0]);
    await(1);
    assert_int_equal(replies[0].id, 9);
    assert_false(replies[0].ok);
    assert_int_equal(replies[0].kept.n, 0);
    ask(10, SPAN("Subject: still here\r\n\r\n"));
    await(2);
    assert_string_equal(replies[1].facts.subject, "still here");
    close(ends[0]);
    close(ends[1]);
}

static void answers_each_of_many_simultaneous_requests(void **state)
{
    unsigned seen = 0;

    for (uint64_t i = 0; i < 30; i++) {
        struct buf message = {0};

        buf_add_format(&message, "Subject: %u\r\n\r\n", (unsigned)i);
        ask(i, buf_span(&message));
        buf_fini(&message);
    }
    await(30);
    for (size_t i = 0; i < 30; i++) {
        assert_true(replies[i].ok);
        assert_int_equal(strtol(replies[i].facts.subject, NULL, 10), replies[i].id);
        seen |= 1U << replies[i].id;
    }
    assert_int_equal(seen, (1U << 30) - 1);
}

static void reads_the_first_part_of_an_endless_header(void **state)
{
    struct buf message = {0};

    buf_add(&message, SPAN("From: a@x\r\n"));
    for (int i = 0; i < 100000; i++)
        buf_add_format(&message, "X%d: y\r\n", i);
    buf_add(&message, SPAN("Subject: too far\r\n\r\n"));
    ask(1, buf_span(&message));
    await(1);
    assert_true(replies[0].ok);
    assert_string_equal(replies[0].facts.from, "a@x");
    assert_string_equal(replies[0].facts.subject, "");
    buf_fini(&message);
}

static void survives_a_relay_that_disconnects_with_outstanding_requests(void **state)
{
    int ends[2];

    for (uint64_t i = 0; i < 20; i++)
        ask(i, SPAN("Subject: x\r\n\r\n"));
    ipc_free(&relay);
    assert_true(channel_pair(ends));
    ipc_send(parent, IPC_PEER, &(struct ipc_peer){ROLE_RELAY, 0}, ends[1]);
    close(ends[1]);
    relay = ipc_new(base, ends[0], ROLE_RELAY, ROLE_READER, 0, &handlers, &relay);
    ask(99, SPAN("Subject: new\r\n\r\n"));
    await(1);
    assert_int_equal(replies[0].id, 99);
    assert_string_equal(replies[0].facts.subject, "new");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(returns_facts_and_kept_fields, begin, finish),
        cmocka_unit_test_setup_teardown(answers_for_messages_without_a_header, begin, finish),
        cmocka_unit_test_setup_teardown(answers_for_a_descriptor_that_cannot_be_read, begin, finish),
        cmocka_unit_test_setup_teardown(answers_each_of_many_simultaneous_requests, begin, finish),
        cmocka_unit_test_setup_teardown(reads_the_first_part_of_an_endless_header, begin, finish),
        cmocka_unit_test_setup_teardown(survives_a_relay_that_disconnects_with_outstanding_requests, begin,
                                        finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
