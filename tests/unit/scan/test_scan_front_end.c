#include "scan/scan_front_end.h"

#include "base/buf.h"
#include "mail/mime_rewrite.h"
#include "sys/message_hash.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { OBJECTS_MAX = 500 };

/* An engine that holds its only job until the test answers it. */
struct fake {
    struct engine engine;
    struct engine_job *job;
    unsigned started;
};

static bool start(struct engine *engine, struct engine_job *job)
{
    struct fake *fake = (struct fake *)engine;

    if (fake->job)
        return false;
    fake->job = job;
    fake->started++;
    return true;
}

static bool is_ready(const struct engine *engine)
{
    return true;
}

static const struct engine_class class = {"fake", start, is_ready, NULL};

static struct event_base *base;
static struct fake fake;
static struct engine *engines[] = {&fake.engine};
static struct scan_front_end *front_end;
static struct verdict last;
static unsigned answered;
static int owner;

static void on_done(void *context, void *requester, uint64_t id, const struct verdict *verdict)
{
    assert_ptr_equal(requester, &owner);
    assert_int_equal(id, answered + 1);
    last = *verdict;
    answered++;
}

static void begin(uint32_t cache_entries)
{
    struct scan_front_end_settings settings = {1000, cache_entries, true, OBJECTS_MAX};

    base = event_base_new();
    fake = (struct fake){.engine = {.class = &class}};
    answered = 0;
    front_end = scan_front_end_new(base, engines, 1, &settings, on_done, NULL);
}

static void end(void)
{
    scan_front_end_free(&front_end);
    assert_null(front_end);
    event_base_free(base);
}

static void turn(void)
{
    for (int i = 0; i < 100; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
}

/* Is a child of this process running, or not waited for? */
static bool has_child(void)
{
    siginfo_t info;

    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* Runs the loop until children have found out whether the message needs further objects. */
static void turn_until_made(void)
{
    for (turn(); has_child(); turn())
        assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
}

static int hand_in_as(enum message_kind kind, uint64_t id, struct span message)
{
    int fd = memfd_create("message", MFD_CLOEXEC);
    struct scan_request request = {.owner = &owner, .id = id};

    scan_request_set_message(&request, kind, fd, message.n);
    assert_int_equal(write(fd, message.p, message.n), message.n);
    scan_front_end_add(front_end, &request);
    turn_until_made();
    return fd;
}

static int hand_in(uint64_t id, struct span message)
{
    return hand_in_as(MESSAGE_MAIL, id, message);
}

static void answer_because(enum verdict_kind kind, enum unscannable reason)
{
    struct engine_job *job = fake.job;
    struct verdict verdict = {.kind = (uint8_t)kind, .reason = (uint8_t)reason, .engine = "fake"};

    fake.job = NULL;
    job->done(job, &verdict);
    turn();
}

static void answer(enum verdict_kind kind)
{
    answer_because(kind, UNSCANNABLE_NONE);
}

static void has_the_same_bytes_scanned_only_once(void **state)
{
    int fd;

    begin(10);
    fd = hand_in(1, SPAN("one"));
    answer(VERDICT_INFECTED);
    assert_int_equal(answered, 1);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    fd = hand_in(2, SPAN("one"));
    assert_int_equal(answered, 2);
    assert_int_equal(last.kind, VERDICT_INFECTED);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    assert_int_equal(fake.started, 1);
    hand_in(3, SPAN("two"));
    assert_int_equal(fake.started, 2);
    answer(VERDICT_CLEAN);
    assert_int_equal(last.kind, VERDICT_CLEAN);
    assert_int_equal(scan_front_end_length(front_end), 0);
    end();
}

static void scans_again_after_a_failure(void **state)
{
    begin(10);
    hand_in(1, SPAN("one"));
    answer(VERDICT_FAILED);
    hand_in(2, SPAN("one"));
    assert_int_equal(answered, 1);
    assert_int_equal(fake.started, 2);
    answer(VERDICT_CLEAN);
    end();
}

static void scans_again_when_the_signatures_have_changed(void **state)
{
    begin(10);
    hand_in(1, SPAN("one"));
    scan_front_end_forget_verdicts(front_end); /* while the engine scans with the old set */
    answer(VERDICT_CLEAN);
    hand_in(2, SPAN("one"));
    assert_int_equal(fake.started, 2);
    answer(VERDICT_INFECTED);
    hand_in(3, SPAN("one"));
    assert_int_equal(answered, 3);
    assert_int_equal(last.kind, VERDICT_INFECTED);
    end();
}

static void scans_every_time_without_a_cache(void **state)
{
    begin(0);
    hand_in(1, SPAN("one"));
    answer(VERDICT_CLEAN);
    hand_in(2, SPAN("one"));
    assert_int_equal(fake.started, 2);
    answer(VERDICT_CLEAN);
    end();
}

static void hashes_a_large_message_in_turns(void **state)
{
    struct buf message = {0};

    begin(10);
    memset(buf_reserve(&message, 5 << 20), 'x', 5 << 20);
    message.n = 5 << 20;
    hand_in(1, buf_span(&message));
    answer(VERDICT_CLEAN);
    message.p[message.n - 1] = 'y';
    hand_in(2, buf_span(&message));
    assert_int_equal(fake.started, 2);
    answer(VERDICT_CLEAN);
    hand_in(3, buf_span(&message));
    assert_int_equal(fake.started, 2);
    buf_fini(&message);
    end();
}

static void fails_if_the_message_cannot_be_read(void **state)
{
    struct scan_request request = {.owner = &owner, .id = 1};

    scan_request_set_message(&request, MESSAGE_MAIL, memfd_create("short", MFD_CLOEXEC), 10);
    begin(10);
    scan_front_end_add(front_end, &request);
    turn();
    assert_int_equal(fake.started, 0);
    assert_int_equal(last.kind, VERDICT_FAILED);
    end();
}

static void forgets_requests_whose_owner_is_gone(void **state)
{
    struct scan_request request = {.owner = &owner, .id = 1};

    scan_request_set_message(&request, MESSAGE_MAIL, memfd_create("message", MFD_CLOEXEC), 0);
    begin(10);
    scan_front_end_add(front_end, &request); /* being hashed */
    scan_front_end_forget(front_end, &owner);
    assert_int_equal(scan_front_end_length(front_end), 0);
    hand_in(1, SPAN("in hand"));
    scan_front_end_forget(front_end, &owner);
    assert_int_equal(scan_front_end_length(front_end), 1);
    answer(VERDICT_CLEAN);
    assert_int_equal(scan_front_end_length(front_end), 0);
    assert_int_equal(answered, 0);
    end();
}

/* Runs the loop until the header parser has answered. */
static void await(unsigned count)
{
    while (answered < count)
        assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
}

#define PIECE "Content-Type: message/partial\r\n\r\n"

static void expect_partial(void)
{
    assert_int_equal(last.kind, VERDICT_UNSCANNABLE);
    assert_int_equal(last.reason, UNSCANNABLE_PARTIAL);
    assert_string_equal(last.name, "message-partial");
    assert_string_equal(last.engine, "fake");
}

static void a_fragment_is_not_clean(void **state)
{
    begin(10);
    hand_in(1, SPAN(PIECE));
    answer(VERDICT_CLEAN);
    await(1);
    expect_partial();
    hand_in(2, SPAN(PIECE)); /* known */
    assert_int_equal(answered, 2);
    expect_partial();
    assert_int_equal(fake.started, 1);
    hand_in(3, SPAN("Subject: what message/partial is\r\n\r\n" PIECE));
    answer(VERDICT_CLEAN);
    await(3);
    assert_int_equal(last.kind, VERDICT_CLEAN);
    hand_in(4, SPAN(PIECE "with a part under a password"));
    answer_because(VERDICT_UNSCANNABLE, UNSCANNABLE_ENCRYPTED);
    await(4);
    expect_partial();
    assert_int_equal(scan_front_end_length(front_end), 0);
    end();
}

static void a_fragment_keeps_a_worse_verdict(void **state)
{
    begin(10);
    hand_in(1, SPAN(PIECE "a virus"));
    answer(VERDICT_INFECTED);
    assert_int_equal(answered, 1);
    assert_int_equal(last.kind, VERDICT_INFECTED);
    hand_in(2, SPAN(PIECE "two"));
    answer(VERDICT_FAILED);
    assert_int_equal(answered, 2);
    assert_int_equal(last.kind, VERDICT_FAILED);
    hand_in(3, SPAN(PIECE "three"));
    answer_because(VERDICT_UNSCANNABLE, UNSCANNABLE_LIMITS);
    assert_int_equal(answered, 3);
    assert_int_equal(last.reason, UNSCANNABLE_LIMITS);
    end();
}

/* An endless header costs no more than the searched beginning. */
static void searches_only_the_beginning(void **state)
{
    struct buf message = {0};

    begin(0);
    buf_add(&message, SPAN("X: "));
    memset(buf_reserve(&message, 3 << 20), 'x', 3 << 20);
    message.n += 3 << 20;
    buf_add(&message, SPAN("\r\n" PIECE));
    hand_in(1, buf_span(&message));
    answer(VERDICT_CLEAN);
    assert_int_equal(answered, 1);
    assert_int_equal(last.kind, VERDICT_CLEAN);
    buf_fini(&message);
    end();
}

static void a_check_ends_when_the_owner_is_gone(void **state)
{
    begin(10);
    hand_in(1, SPAN(PIECE));
    fake.job->done(fake.job, &(struct verdict){.kind = VERDICT_CLEAN});
    fake.job = NULL;
    assert_int_equal(scan_front_end_length(front_end), 1);
    scan_front_end_forget(front_end, &owner);
    assert_int_equal(scan_front_end_length(front_end), 0);
    turn();
    assert_int_equal(answered, 0);
    end();
}

/* Returns the n-th free descriptor. */
static int free_descriptor(int n)
{
    int fd = dup(STDIN_FILENO), place = n > 1 ? free_descriptor(n - 1) : fd;

    close(fd);
    return place;
}

/* Allows so many more descriptors. */
static void answer_clean_with_descriptors(int descriptors)
{
    struct rlimit before;
    int limit = descriptors ? free_descriptor(descriptors) + 1 : free_descriptor(1);

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){(rlim_t)limit, before.rlim_max}), 0);
    answer(VERDICT_CLEAN);
    await(1);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void a_message_that_cannot_be_checked_has_failed(void **state)
{
    begin(10);
    hand_in(1, SPAN(PIECE));
    answer_clean_with_descriptors(0);
    assert_int_equal(last.kind, VERDICT_FAILED);
    end();
}

/* The verdict is permanent, because the parser would crash at each retry. */
static void a_message_that_crashes_the_parser_is_treated_as_a_fragment(void **state)
{
    begin(10);
    hand_in(1, SPAN("Subject: message/partial\r\n\r\n"));
    answer_clean_with_descriptors(
        3); /* the duplicate and the pipe of the message, but none for the other object */
    expect_partial();
    end();
}

static void a_fragment_is_recognised_in_every_object(void **state)
{
    begin(10);
    hand_in(1, SPAN("Content-\rType: message/partial\r\n\r\n"));
    for (int object = 0; object < 3; object++) /* itself, with collapsed line ends, with stripped ones */
        answer(VERDICT_CLEAN);
    await(1);
    expect_partial();
    assert_int_equal(scan_front_end_length(front_end), 0);
    hand_in(2, SPAN("Subject: message/partial\rTo: us\r\n\r\n"));
    for (int object = 0; object < 3; object++)
        answer(VERDICT_CLEAN);
    await(2);
    assert_int_equal(last.kind, VERDICT_CLEAN);
    hand_in(3, SPAN("Content-\rType: message/partial;\r\n\r\n"));
    for (int object = 0; object < 3; object++)
        answer(VERDICT_CLEAN);
    scan_front_end_forget(front_end, &owner); /* being checked */
    assert_int_equal(scan_front_end_length(front_end), 0);
    end();
}

static void the_same_bytes_as_mail_and_as_file_are_two_messages(void **state)
{
    begin(10);
    hand_in(1, SPAN("A: b\r\n"));
    assert_int_equal(fake.job->kind, MESSAGE_MAIL);
    answer(VERDICT_INFECTED);
    hand_in_as(MESSAGE_FILE, 2, SPAN("A: b\r\n"));
    assert_int_equal(fake.started, 2);
    assert_int_equal(fake.job->kind, MESSAGE_FILE);
    answer(VERDICT_CLEAN);
    assert_int_equal(last.kind, VERDICT_CLEAN);
    hand_in(3, SPAN("A: b\r\n"));
    assert_int_equal(last.kind, VERDICT_INFECTED);
    hand_in_as(MESSAGE_FILE, 4, SPAN("A: b\r\n"));
    assert_int_equal(last.kind, VERDICT_CLEAN);
    assert_int_equal(answered, 4);
    assert_int_equal(fake.started, 2);
    end();
}

/* The line ends of a file do not matter, and it has no header. */
static void a_file_has_no_further_objects_and_is_no_fragment(void **state)
{
    begin(10);
    hand_in_as(MESSAGE_FILE, 1, SPAN(PIECE "A: b\r\r\n\r\r\nbody\rend"));
    assert_int_equal(fake.started, 1);
    answer(VERDICT_CLEAN);
    assert_int_equal(answered, 1);
    assert_int_equal(last.kind, VERDICT_CLEAN);
    hand_in_as(MESSAGE_FILE, 2, SPAN(PIECE));
    answer(VERDICT_CLEAN);
    assert_int_equal(answered, 2);
    assert_int_equal(last.kind, VERDICT_CLEAN);
    assert_int_equal(fake.started, 2);
    end();
}

static int prepare(void **state)
{
    return message_hash_prepare() ? 0 : -1;
}

static void expect_object(struct span expected)
{
    char bytes[OBJECTS_MAX];
    int seals = fcntl(fake.job->fd, F_GET_SEALS);

    assert_int_equal(fake.job->size, expected.n);
    assert_int_equal(pread(fake.job->fd, bytes, sizeof bytes, 0), expected.n);
    assert_memory_equal(bytes, expected.p, expected.n);
    assert_true(seals & F_SEAL_WRITE && seals & F_SEAL_SHRINK);
}

static void scans_a_message_also_as_a_client_stores_it(void **state)
{
    begin(10);
    hand_in(1, SPAN("A: b\r\r\n\r\r\nbody\r\r\n"));
    assert_int_equal(fake.job->size, 17);
    answer(VERDICT_CLEAN);
    expect_object(SPAN("A: b\r\n\r\nbody\r\n"));
    assert_int_equal(answered, 0);
    answer(VERDICT_INFECTED);
    assert_int_equal(answered, 1);
    assert_int_equal(last.kind, VERDICT_INFECTED);
    assert_int_equal(scan_front_end_length(front_end), 0);
    hand_in(2, SPAN("A: b\r\r\n\r\r\nbody\r\r\n"));
    assert_int_equal(last.kind, VERDICT_INFECTED);
    hand_in(3, SPAN("A: b\r\n\r\nbody\r\n")); /* another message: no verdict is known */
    assert_int_equal(fake.started, 3);
    answer(VERDICT_CLEAN);
    assert_int_equal(last.kind, VERDICT_CLEAN);
    end();
}

/* Two encodings are declared: a mail program may take either. */
static void scans_the_parts_of_an_odd_message(void **state)
{
    struct buf expected = {0};

    begin(10);
    hand_in(1,
            SPAN("Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit\r\n\r\naGVsbG8=\r\n"));
    assert_int_equal(fake.started, 1);
    answer(VERDICT_CLEAN);
    assert_int_equal(fake.started, 2);
    mime_rewrite_begin(&expected);
    mime_rewrite_part(&expected, SPAN("hello"));
    mime_rewrite_end(&expected);
    expect_object(buf_span(&expected));
    answer(VERDICT_INFECTED);
    assert_int_equal(last.kind, VERDICT_INFECTED);
    buf_fini(&expected);
    end();
}

static void a_part_that_is_not_in_the_message_is_not_clean(void **state)
{
    begin(10);
    hand_in(1, SPAN("Content-Type: message/external-body; access-type=URL\r\n\r\n"));
    answer(VERDICT_CLEAN);
    assert_int_equal(last.kind, VERDICT_UNSCANNABLE);
    assert_int_equal(last.reason, UNSCANNABLE_PARTIAL);
    assert_string_equal(last.name, "external-body");
    end();
}

static void the_worst_verdict_of_all_objects_counts(void **state)
{
    begin(10);
    hand_in(1, SPAN("A: b\rC: d\r\n\r\none\rtwo\r\n"));
    answer(VERDICT_FAILED);
    expect_object(SPAN("A: b\r\nC: d\r\n\r\none\rtwo\r\n"));
    answer(VERDICT_CLEAN);
    expect_object(SPAN("A: b\r\nC: d\r\n\r\none\r\ntwo\r\n"));
    answer(VERDICT_CLEAN);
    expect_object(SPAN("A: bC: d\r\n\r\nonetwo\r\n"));
    answer(VERDICT_CLEAN);
    assert_int_equal(answered, 1);
    assert_int_equal(last.kind, VERDICT_FAILED);
    end();
}

static void waits_for_memory_for_objects(void **state)
{
    char first[OBJECTS_MAX - 10], second[20];

    memset(first, 'a', sizeof first);
    memset(second, 'b', sizeof second);
    memcpy(first, "A: b\r\r\n\r\r\n", 10);
    memcpy(second, "A: b\r\r\n\r\r\n", 10);
    begin(10);
    hand_in(1, (struct span){first, sizeof first});
    assert_int_equal(fake.started, 1);
    hand_in(2, (struct span){second, sizeof second});
    answer(VERDICT_CLEAN);
    assert_int_equal(fake.job->size, sizeof first - 2);
    assert_int_equal(fake.started, 2); /* the second message has no object yet */
    answer(VERDICT_CLEAN);
    assert_int_equal(answered, 1);
    assert_int_equal(fake.job->size, sizeof second);
    answer(VERDICT_CLEAN);
    assert_int_equal(fake.job->size, sizeof second - 2);
    answer(VERDICT_CLEAN);
    assert_int_equal(answered, 2);
    end();
}

static void a_message_whose_objects_never_fit_is_not_clean(void **state)
{
    struct buf message = {0};

    buf_add(&message, SPAN("A: b\r\r\n\r\r\n"));
    while (message.n <= OBJECTS_MAX)
        buf_add_char(&message, 'x');
    begin(10);
    hand_in(1, buf_span(&message));
    answer(VERDICT_CLEAN);
    assert_int_equal(answered, 1);
    assert_int_equal(fake.started, 1);
    assert_int_equal(last.kind, VERDICT_UNSCANNABLE);
    assert_int_equal(last.reason, UNSCANNABLE_LIMITS);
    assert_string_equal(last.name, "readings-too-large");
    buf_add_char(&message, 'x');
    hand_in(2, buf_span(&message));
    answer(VERDICT_INFECTED);
    assert_int_equal(last.kind, VERDICT_INFECTED);
    buf_fini(&message);
    end();
}

static void forgets_requests_that_wait_for_memory(void **state)
{
    char first[OBJECTS_MAX];

    memset(first, 'a', sizeof first);
    memcpy(first, "A: b\r\r\n\r\r\n", 10);
    begin(10);
    hand_in(1, (struct span){first, sizeof first});
    first[50] = 'b';
    hand_in(2, (struct span){first, sizeof first});
    assert_int_equal(scan_front_end_length(front_end), 2);
    scan_front_end_forget(front_end, &owner);
    assert_int_equal(scan_front_end_length(front_end), 1);
    answer(VERDICT_CLEAN);
    assert_int_equal(answered, 0);
    hand_in(1, (struct span){first, sizeof first});
    answer(VERDICT_CLEAN);
    answer(VERDICT_CLEAN);
    assert_int_equal(answered, 1);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_the_same_bytes_scanned_only_once),
        cmocka_unit_test(scans_again_after_a_failure),
        cmocka_unit_test(scans_again_when_the_signatures_have_changed),
        cmocka_unit_test(scans_every_time_without_a_cache),
        cmocka_unit_test(hashes_a_large_message_in_turns),
        cmocka_unit_test(fails_if_the_message_cannot_be_read),
        cmocka_unit_test(forgets_requests_whose_owner_is_gone),
        cmocka_unit_test(a_fragment_is_not_clean),
        cmocka_unit_test(a_fragment_keeps_a_worse_verdict),
        cmocka_unit_test(searches_only_the_beginning),
        cmocka_unit_test(a_check_ends_when_the_owner_is_gone),
        cmocka_unit_test(a_message_that_cannot_be_checked_has_failed),
        cmocka_unit_test(a_message_that_crashes_the_parser_is_treated_as_a_fragment),
        cmocka_unit_test(a_fragment_is_recognised_in_every_object),
        cmocka_unit_test(the_same_bytes_as_mail_and_as_file_are_two_messages),
        cmocka_unit_test(a_file_has_no_further_objects_and_is_no_fragment),
        cmocka_unit_test(scans_a_message_also_as_a_client_stores_it),
        cmocka_unit_test(scans_the_parts_of_an_odd_message),
        cmocka_unit_test(a_part_that_is_not_in_the_message_is_not_clean),
        cmocka_unit_test(the_worst_verdict_of_all_objects_counts),
        cmocka_unit_test(waits_for_memory_for_objects),
        cmocka_unit_test(a_message_whose_objects_never_fit_is_not_clean),
        cmocka_unit_test(forgets_requests_that_wait_for_memory),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
