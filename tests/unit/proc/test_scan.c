#include "proc/ipc/child.h"
#include "net/channel.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

/* scan_main runs in a child process; the test plays the parent, a relay, the loader and its workers. */

enum { WORKERS = 3, LOG_MAX = 32 };

struct seen {
    enum ipc_kind kind;
    enum role from;
    unsigned index;
    union {
        struct ipc_verdict verdict;
        struct ipc_check check;
        struct ipc_worker worker;
    } payload;
};

static struct event_base *base;
static pid_t scan_pid;
static struct conf conf;
static uint32_t cache_entries; /* with 0, equal messages do not wait for each other */
static struct ipc *parent, *relay, *loader, *workers[WORKERS];
static struct seen seen[LOG_MAX];
static size_t seen_count, used;

static void on_message(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    struct seen *s = &seen[seen_count++];

    assert_true(seen_count < LOG_MAX);
    *s = (struct seen){.kind = kind, .from = ipc_peer_role(ipc), .index = ipc_peer_index(ipc)};
    if (kind == IPC_VERDICT)
        memcpy(&s->payload, payload, sizeof s->payload.verdict);
    else if (kind == IPC_CHECK)
        memcpy(&s->payload, payload, sizeof s->payload.check);
    else if (kind == IPC_KILL)
        memcpy(&s->payload, payload, sizeof s->payload.worker);
    if (fd >= 0)
        close(fd);
    seen_count -= kind == IPC_VERDICT_TABLE;
    event_base_loopbreak(base);
}

/* `context` points to the variable that holds the channel. */
static void on_closed(void *context, struct ipc *ipc)
{
    ipc_free(context);
    event_base_loopbreak(base);
}

static const struct ipc_handlers handlers = {on_message, on_closed};

static const struct seen *await(enum ipc_kind kind)
{
    while (used == seen_count)
        assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
    assert_int_equal(seen[used].kind, kind);
    return &seen[used++];
}

static void expect_silence(void)
{
    struct timeval some = {0, 150 * 1000};

    event_base_loopexit(base, &some);
    event_base_dispatch(base);
    assert_int_equal(used, seen_count);
}

static void begin(enum engine_kind engine, uint64_t deadline_ms)
{
    int ends[2];
    struct child_start start = {.conf = &conf, .role = ROLE_SCAN};

    conf = (struct conf){0};
    conf.scan.engines = (struct conf_engines){1, {engine}};
    conf.scan.deadline_ms = deadline_ms;
    conf.scan.cache_entries = cache_entries;
    conf.command.run = (char[]){""};
    seen_count = used = 0;
    assert_true(channel_pair(ends));
    scan_pid = fork();
    if (scan_pid == 0) {
        close(ends[0]);
        start.parent_fd = ends[1];
        _exit(scan_main(&start));
    }
    close(ends[1]);
    base = event_base_new();
    parent = ipc_new(base, ends[0], ROLE_PARENT, ROLE_SCAN, 0, &handlers, &parent);
}

static void connect_peer(enum role role, struct ipc **channel)
{
    int ends[2];

    assert_true(channel_pair(ends));
    ipc_send(parent, IPC_PEER, &(struct ipc_peer){role, 0}, ends[1]);
    close(ends[1]);
    *channel = ipc_new(base, ends[0], role, ROLE_SCAN, 0, &handlers, channel);
}

static void fork_worker(unsigned index)
{
    int ends[2];

    assert_true(channel_pair(ends));
    ipc_send(loader, IPC_WORKER, &(struct ipc_worker){index}, ends[1]);
    close(ends[1]);
    workers[index] = ipc_new(base, ends[0], ROLE_WORKER, ROLE_SCAN, index, &handlers, &workers[index]);
}

static void ask_as(uint8_t kind, uint64_t id)
{
    struct ipc_scan scan = {.id = id, .size = 10, .kind = kind};
    int fd = memfd_create("message", MFD_CLOEXEC);

    assert_int_equal(write(fd, "A: b\r\n\r\nc\n", scan.size), scan.size);

    ipc_send(relay, IPC_SCAN, &scan, fd);
    close(fd);
}

static void ask(uint64_t id)
{
    ask_as(MESSAGE_MAIL, id);
}

static void check_verdict(uint64_t id, enum verdict_kind kind, enum unscannable reason)
{
    const struct seen *s = await(IPC_VERDICT);

    assert_int_equal(s->payload.verdict.id, id);
    assert_int_equal(s->payload.verdict.verdict.kind, kind);
    assert_int_equal(s->payload.verdict.verdict.reason, reason);
}

/* Returns the worker that was given the message; the peer index of the channel at this end is its number. */
static unsigned await_check(struct ipc_verdict *answer)
{
    const struct seen *s = await(IPC_CHECK);

    *answer = (struct ipc_verdict){.id = s->payload.check.id};
    assert_int_equal(s->payload.check.size, 10);
    assert_int_equal(s->payload.check.deadline_ms, conf.scan.deadline_ms);
    return s->index;
}

static void end(int expected_status)
{
    int status;

    if (parent)
        ipc_send(parent, IPC_STOP, &(struct ipc_none){0}, -1);
    ipc_free(&relay);
    assert_int_equal(waitpid(scan_pid, &status, 0), scan_pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), expected_status);
    ipc_free(&parent);
    ipc_free(&loader);
    for (size_t i = 0; i < WORKERS; i++)
        ipc_free(&workers[i]);
    event_base_free(base);
}

static void begin_builtin(uint64_t deadline_ms)
{
    begin(ENGINE_BUILTIN, deadline_ms);
    connect_peer(ROLE_RELAY, &relay);
    connect_peer(ROLE_CLAMAV, &loader);
    fork_worker(0);
    await(IPC_READY);
}

static void answers_a_relay(void **state)
{
    begin(ENGINE_NONE, 1000);
    await(IPC_READY);
    connect_peer(ROLE_RELAY, &relay);
    ask(7);
    ask(8);
    check_verdict(7, VERDICT_CLEAN, UNSCANNABLE_NONE);
    check_verdict(8, VERDICT_CLEAN, UNSCANNABLE_NONE);
    end(0);
}

static void does_not_start_with_an_engine_that_cannot_be_made(void **state)
{
    begin(ENGINE_COMMAND, 1000);
    end(EXIT_CONFIG);
}

static void is_ready_only_when_a_worker_is_connected(void **state)
{
    begin(ENGINE_BUILTIN, 1000);
    connect_peer(ROLE_CLAMAV, &loader);
    expect_silence();
    fork_worker(0);
    await(IPC_READY);
    end(0);
}

static void gives_a_worker_one_message_at_a_time(void **state)
{
    struct ipc_verdict answer;

    begin_builtin(1000);
    ask(1);
    await_check(&answer);
    ask(2);
    expect_silence();
    verdict_set(&answer.verdict, VERDICT_INFECTED, UNSCANNABLE_NONE, SPAN("Bad"));
    ipc_send(workers[0], IPC_CHECKED, &answer, -1);
    check_verdict(1, VERDICT_INFECTED, UNSCANNABLE_NONE);
    await_check(&answer);
    verdict_set(&answer.verdict, VERDICT_CLEAN, UNSCANNABLE_NONE, SPAN(""));
    ipc_send(workers[0], IPC_CHECKED, &answer, -1);
    check_verdict(2, VERDICT_CLEAN, UNSCANNABLE_NONE);
    end(0);
}

static void reports_the_kind_of_a_message_to_the_worker(void **state)
{
    struct ipc_verdict answer = {.verdict.kind = VERDICT_CLEAN};

    begin_builtin(1000);
    for (uint8_t kind = MESSAGE_MAIL; kind <= MESSAGE_FILE; kind++) {
        const struct seen *s;

        ask_as(kind, kind);
        s = await(IPC_CHECK);
        assert_int_equal(s->payload.check.kind, kind);
        answer.id = s->payload.check.id;
        ipc_send(workers[0], IPC_CHECKED, &answer, -1);
        check_verdict(kind, VERDICT_CLEAN, UNSCANNABLE_NONE);
    }
    end(0);
}

static void ends_the_channel_of_a_relay_that_sends_an_invalid_kind(void **state)
{
    begin_builtin(1000);
    ask_as(MESSAGE_KINDS, 1);
    await(IPC_ACCUSE);
    while (relay)
        event_base_loop(base, EVLOOP_ONCE);
    end(0);
}

static void gives_the_message_to_another_worker_when_one_dies(void **state)
{
    struct ipc_verdict answer;
    unsigned first;

    begin_builtin(2000);
    fork_worker(1);
    ask(1);
    first = await_check(&answer);
    ipc_free(&workers[first]);
    assert_int_not_equal(await_check(&answer), first);
    verdict_set(&answer.verdict, VERDICT_CLEAN, UNSCANNABLE_NONE, SPAN(""));
    ipc_send(workers[1 - first], IPC_CHECKED, &answer, -1);
    check_verdict(1, VERDICT_CLEAN, UNSCANNABLE_NONE);
    end(0);
}

static void calls_what_kills_two_workers_unscannable(void **state)
{
    struct ipc_verdict answer;

    begin_builtin(2000);
    ask(1);
    await_check(&answer);
    ipc_free(&workers[0]);
    fork_worker(0);
    await_check(&answer);
    ipc_free(&workers[0]);
    check_verdict(1, VERDICT_UNSCANNABLE, UNSCANNABLE_LIMITS);
    end(0);
}

static void does_not_blame_a_message_for_the_death_of_the_loader(void **state)
{
    struct ipc_verdict answer;

    begin_builtin(2000);
    ask(1);
    for (int i = 0; i < 3; i++) {
        await_check(&answer);
        ipc_free(&loader);
        ipc_free(&workers[0]);
        connect_peer(ROLE_CLAMAV, &loader);
        fork_worker(0);
    }
    await_check(&answer);
    verdict_set(&answer.verdict, VERDICT_CLEAN, UNSCANNABLE_NONE, SPAN(""));
    ipc_send(workers[0], IPC_CHECKED, &answer, -1);
    check_verdict(1, VERDICT_CLEAN, UNSCANNABLE_NONE);
    end(0);
}

/* The engine's own test, a harmless mail: any answer shows that it is alive. */
static void pass_self_test(void)
{
    const struct seen *s = await(IPC_CHECK);
    struct ipc_verdict answer = {.id = s->payload.check.id, .verdict.kind = VERDICT_CLEAN};

    ipc_send(workers[s->index], IPC_CHECKED, &answer, -1);
}

/* Two workers, since the first may only have been stopped: if another one answers, the message is at
 * fault. */
static void has_overdue_workers_killed(void **state)
{
    struct ipc_verdict answer;

    begin_builtin(100);
    ask(1);
    for (int i = 0; i < 2; i++) {
        await_check(&answer);
        assert_int_equal(await(IPC_KILL)->payload.worker.index, 0);
        ipc_free(&workers[0]);
        fork_worker(0);
    }
    pass_self_test();
    check_verdict(1, VERDICT_UNSCANNABLE, UNSCANNABLE_LIMITS);
    end(0);
}

static void gives_the_message_of_a_stopped_worker_to_another(void **state)
{
    struct ipc_verdict answer;

    begin_builtin(100);
    ask(1);
    await_check(&answer);
    await(IPC_KILL);
    ipc_free(&workers[0]);
    fork_worker(0);
    await_check(&answer);
    verdict_set(&answer.verdict, VERDICT_CLEAN, UNSCANNABLE_NONE, SPAN(""));
    ipc_send(workers[0], IPC_CHECKED, &answer, -1);
    /* A self test waited for that worker; the two channels are not ordered. */
    for (int i = 0; i < 2; i++) {
        while (used == seen_count)
            event_base_loop(base, EVLOOP_ONCE);
        if (seen[used].kind == IPC_CHECK)
            pass_self_test();
        else
            check_verdict(1, VERDICT_CLEAN, UNSCANNABLE_NONE);
    }
    end(0);
}

static void fails_a_message_for_which_no_second_worker_comes(void **state)
{
    struct ipc_verdict answer;

    begin_builtin(200);
    ask(1);
    await_check(&answer);
    ipc_free(&loader);
    ipc_free(&workers[0]);
    check_verdict(1, VERDICT_FAILED, UNSCANNABLE_NONE);
    end(0);
}

static void accepts_no_unexpected_reply_and_no_malformed_verdict(void **state)
{
    struct ipc_verdict answer = {.id = 99};

    begin_builtin(2000);
    ask(1);
    await_check(&answer);
    verdict_set(&answer.verdict, VERDICT_CLEAN, UNSCANNABLE_NONE, SPAN(""));
    answer.id++;
    ipc_send(workers[0], IPC_CHECKED, &answer, -1);
    await(IPC_KILL);
    while (workers[0])
        event_base_loop(base, EVLOOP_ONCE);
    fork_worker(0);
    await_check(&answer);
    answer.verdict.kind = 200;
    ipc_send(workers[0], IPC_CHECKED, &answer, -1);
    await(IPC_KILL);
    check_verdict(1, VERDICT_UNSCANNABLE, UNSCANNABLE_LIMITS);
    end(0);
}

static void drops_the_requests_of_a_relay_that_died(void **state)
{
    struct ipc_verdict answer;

    begin_builtin(2000);
    ask(1);
    ask(2);
    await_check(&answer);
    ipc_free(&relay);
    connect_peer(ROLE_RELAY, &relay);
    ask(3);
    verdict_set(&answer.verdict, VERDICT_CLEAN, UNSCANNABLE_NONE, SPAN(""));
    ipc_send(workers[0], IPC_CHECKED, &answer, -1);
    await_check(&answer);
    verdict_set(&answer.verdict, VERDICT_CLEAN, UNSCANNABLE_NONE, SPAN(""));
    ipc_send(workers[0], IPC_CHECKED, &answer, -1);
    check_verdict(3, VERDICT_CLEAN, UNSCANNABLE_NONE);
    expect_silence();
    end(0);
}

static void answer_clean(void)
{
    struct ipc_verdict answer;
    unsigned worker = await_check(&answer);

    verdict_set(&answer.verdict, VERDICT_CLEAN, UNSCANNABLE_NONE, SPAN(""));
    ipc_send(workers[worker], IPC_CHECKED, &answer, -1);
}

static void cancel(uint64_t id)
{
    ipc_send(relay, IPC_CANCEL, &(struct ipc_cancel){id}, -1);
}

/* The second request waits for the worker, which is scanning the first; the third is unknown. */
static void answers_every_request_once_that_is_taken_back(void **state)
{
    struct ipc_verdict answer;

    begin_builtin(2000);
    ask(1);
    await_check(&answer);
    ask(2);
    cancel(1);
    cancel(2);
    cancel(3);
    check_verdict(2, VERDICT_FAILED, UNSCANNABLE_NONE);
    assert_int_equal(await(IPC_KILL)->payload.worker.index, 0);
    check_verdict(1, VERDICT_FAILED, UNSCANNABLE_NONE);
    cancel(1);
    ipc_free(&workers[0]);
    fork_worker(0);
    ask(4);
    answer_clean();
    check_verdict(4, VERDICT_CLEAN, UNSCANNABLE_NONE);
    end(0);
}

/* The deadline is far away. */
static void kills_the_worker_of_a_request_that_is_taken_back_unless_it_answers_soon(void **state)
{
    struct ipc_verdict answer;

    begin_builtin(600000);
    ask(1);
    await_check(&answer);
    cancel(1);
    verdict_set(&answer.verdict, VERDICT_CLEAN, UNSCANNABLE_NONE, SPAN(""));
    ipc_send(workers[0], IPC_CHECKED, &answer, -1);
    check_verdict(1, VERDICT_FAILED, UNSCANNABLE_NONE);
    ask(2);
    await_check(&answer); /* by the same worker */
    cancel(2);
    await(IPC_KILL);
    check_verdict(2, VERDICT_FAILED, UNSCANNABLE_NONE);
    end(0);
}

static void does_not_repeat_a_request_that_is_taken_back_when_its_worker_dies(void **state)
{
    struct ipc_verdict answer;

    begin_builtin(600000);
    ask(1);
    await_check(&answer);
    ipc_free(&workers[0]);
    cancel(1);
    check_verdict(1, VERDICT_FAILED, UNSCANNABLE_NONE);
    fork_worker(0);
    ask(2);
    answer_clean();
    check_verdict(2, VERDICT_CLEAN, UNSCANNABLE_NONE);
    end(0);
}

/* The first client has gone; the second waits for the same bytes. */
static void a_scan_goes_on_if_another_client_waits_for_it(void **state)
{
    struct ipc_verdict answer;
    unsigned first;

    cache_entries = 10;
    begin_builtin(600000);
    fork_worker(1);
    fork_worker(2); /* one of the three remains in reserve */
    ask(1);
    first = await_check(&answer);
    ask(2);
    ask_as(MESSAGE_FILE, 3); /* when it is scanned, the second request has been hashed, too */
    answer_clean();
    check_verdict(3, VERDICT_CLEAN, UNSCANNABLE_NONE);
    cancel(1);
    expect_silence();
    verdict_set(&answer.verdict, VERDICT_INFECTED, UNSCANNABLE_NONE, SPAN("Bad"));
    ipc_send(workers[first], IPC_CHECKED, &answer, -1);
    check_verdict(2, VERDICT_INFECTED, UNSCANNABLE_NONE);
    check_verdict(1, VERDICT_FAILED, UNSCANNABLE_NONE);
    cache_entries = 0;
    end(0);
}

static void ends_with_its_parent(void **state)
{
    begin_builtin(1000);
    ipc_free(&parent);
    end(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_a_relay),
        cmocka_unit_test(does_not_start_with_an_engine_that_cannot_be_made),
        cmocka_unit_test(is_ready_only_when_a_worker_is_connected),
        cmocka_unit_test(gives_a_worker_one_message_at_a_time),
        cmocka_unit_test(reports_the_kind_of_a_message_to_the_worker),
        cmocka_unit_test(ends_the_channel_of_a_relay_that_sends_an_invalid_kind),
        cmocka_unit_test(gives_the_message_to_another_worker_when_one_dies),
        cmocka_unit_test(calls_what_kills_two_workers_unscannable),
        cmocka_unit_test(does_not_blame_a_message_for_the_death_of_the_loader),
        cmocka_unit_test(has_overdue_workers_killed),
        cmocka_unit_test(gives_the_message_of_a_stopped_worker_to_another),
        cmocka_unit_test(fails_a_message_for_which_no_second_worker_comes),
        cmocka_unit_test(accepts_no_unexpected_reply_and_no_malformed_verdict),
        cmocka_unit_test(drops_the_requests_of_a_relay_that_died),
        cmocka_unit_test(answers_every_request_once_that_is_taken_back),
        cmocka_unit_test(kills_the_worker_of_a_request_that_is_taken_back_unless_it_answers_soon),
        cmocka_unit_test(does_not_repeat_a_request_that_is_taken_back_when_its_worker_dies),
        cmocka_unit_test(a_scan_goes_on_if_another_client_waits_for_it),
        cmocka_unit_test(ends_with_its_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
