/* The front end's requests and cached verdicts. */
#include "tests/unit/scan/front_end_lab.h"

#include "base/buf.h"

#include <fcntl.h>
#include <sys/mman.h>

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

static void a_request_is_taken_back_at_once_until_an_engine_begins(void **state)
{
    int hashed, queued;

    begin(10);
    hand_in(1, SPAN("in hand"));
    queued = hand_in(3, SPAN("waits"));
    hashed = add(MESSAGE_MAIL, 4, SPAN("being hashed"));
    answered = 2; /* the lab expects the ids in order */
    scan_front_end_cancel(front_end, &owner, 3);
    scan_front_end_cancel(front_end, &owner, 4);
    assert_int_equal(answered, 4);
    assert_int_equal(last.kind, VERDICT_FAILED);
    assert_int_equal(fcntl(queued, F_GETFD), -1);
    assert_int_equal(fcntl(hashed, F_GETFD), -1);
    assert_int_equal(scan_front_end_length(front_end), 1);
    answered = 0;
    answer(VERDICT_CLEAN);
    assert_int_equal(answered, 1);
    assert_int_equal(last.kind, VERDICT_CLEAN);
    end();
}

static void a_request_that_an_engine_is_scanning_is_answered_when_the_engine_has_ended(void **state)
{
    int fd;

    begin(10);
    fd = hand_in(1, SPAN("in hand"));
    scan_front_end_cancel(front_end, &owner, 1);
    scan_front_end_cancel(front_end, &owner, 1);
    turn();
    assert_int_equal(answered, 0);
    assert_int_equal(fake.stopped, 1);
    assert_int_not_equal(fcntl(fd, F_GETFD), -1);
    answer(VERDICT_INFECTED);
    await_answers(1);
    assert_int_equal(last.kind, VERDICT_FAILED);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    assert_int_equal(scan_front_end_length(front_end), 0);
    end();
}

/* Its relay is gone, too. */
static void a_request_that_was_taken_back_is_not_answered_after_its_owner_was_forgotten(void **state)
{
    begin(10);
    hand_in(1, SPAN("in hand"));
    scan_front_end_cancel(front_end, &owner, 1);
    scan_front_end_forget(front_end, &owner);
    answer(VERDICT_CLEAN);
    hand_in(1, SPAN("next"));
    answer(VERDICT_CLEAN);
    hand_in(2, SPAN("after"));
    await_job();
    answer(VERDICT_CLEAN);
    assert_int_equal(answered, 2);
    end();
}

static void a_request_that_is_unknown_or_answered_is_not_taken_back(void **state)
{
    int other;

    begin(10);
    hand_in(1, SPAN("in hand"));
    scan_front_end_cancel(front_end, &owner, 2);
    scan_front_end_cancel(front_end, &other, 1);
    assert_int_equal(answered, 0);
    answer(VERDICT_CLEAN);
    scan_front_end_cancel(front_end, &owner, 1);
    assert_int_equal(answered, 1);
    assert_int_equal(last.kind, VERDICT_CLEAN);
    end();
}

static void equal_messages_that_wait_at_the_same_time_are_scanned_once(void **state)
{
    int fds[3];

    begin(10);
    for (uint64_t id = 1; id <= 3; id++)
        fds[id - 1] = hand_in(id, SPAN("to a list"));
    add(MESSAGE_FILE, 4, SPAN("to a list"));
    turn();
    assert_int_equal(scan_front_end_length(front_end), 4);
    answered_in_any_order = true;
    answer(VERDICT_INFECTED);
    assert_int_equal(answered, 3);
    assert_int_equal(last.kind, VERDICT_INFECTED);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(fcntl(fds[i], F_GETFD), -1);
    assert_int_equal(fake.started, 2); /* the file is another message */
    answer(VERDICT_CLEAN);
    assert_int_equal(answered, 4);
    assert_int_equal(scan_front_end_length(front_end), 0);
    end();
}

/* A verdict at the deadline is not remembered, but the scan was for all that waited. */
static void a_verdict_that_is_not_lasting_is_for_those_that_waited_and_no_others(void **state)
{
    struct verdict late;

    begin(10);
    answered_in_any_order = true;
    hand_in(1, SPAN("slow"));
    hand_in(2, SPAN("slow"));
    verdict_set_late(&late);
    answer_with(&late);
    assert_int_equal(answered, 2);
    assert_true(verdict_is_late(&last));
    hand_in(3, SPAN("slow"));
    assert_int_equal(fake.started, 2);
    answer(VERDICT_CLEAN);
    end();
}

static void after_a_failure_the_message_is_scanned_once_more_for_all_others(void **state)
{
    begin(10);
    answered_in_any_order = true;
    for (uint64_t id = 1; id <= 4; id++)
        hand_in(id, SPAN("breaks"));
    answer(VERDICT_FAILED);
    assert_int_equal(answered, 1);
    await_job();
    assert_int_equal(fake.started, 2);
    answer(VERDICT_FAILED);
    assert_int_equal(answered, 4);
    assert_int_equal(last.kind, VERDICT_FAILED);
    hand_in(5, SPAN("breaks"));
    hand_in(6, SPAN("breaks"));
    answer(VERDICT_FAILED);
    await_job();
    answer(VERDICT_CLEAN);
    assert_int_equal(answered, 6);
    assert_int_equal(last.kind, VERDICT_CLEAN);
    end();
}

static void the_next_takes_the_place_of_a_request_that_is_taken_back(void **state)
{
    int fd;

    begin(10);
    answered_in_any_order = true;
    hand_in(1, SPAN("in hand"));
    hand_in(2, SPAN("equal"));
    hand_in(3, SPAN("equal"));
    hand_in(4, SPAN("equal"));
    fd = hand_in(5, SPAN("equal"));
    scan_front_end_cancel(front_end, &owner, 2); /* waits for the engine */
    assert_int_equal(answered, 1);
    scan_front_end_cancel(front_end, &owner, 5); /* waits for another request, or has taken its place */
    assert_int_equal(answered, 2);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    answer(VERDICT_CLEAN);
    assert_int_equal(answered, 3);
    await_job();
    assert_int_equal(fake.started, 2);
    answer(VERDICT_INFECTED);
    assert_int_equal(answered, 5);
    assert_int_equal(last.kind, VERDICT_INFECTED);
    end();
}

static void a_scan_goes_on_while_another_request_waits_for_it(void **state)
{
    int fd;

    begin(10);
    answered_in_any_order = true;
    fd = hand_in(1, SPAN("equal"));
    hand_in(2, SPAN("equal"));
    scan_front_end_cancel(front_end, &owner, 1);
    scan_front_end_cancel(front_end, &owner, 1);
    hand_in(3, SPAN("equal"));
    assert_int_equal(answered, 0);
    assert_int_not_equal(fcntl(fd, F_GETFD), -1);
    assert_int_equal(fake.stopped, 0);
    answer(VERDICT_INFECTED);
    assert_int_equal(answered, 3);
    assert_int_equal(last.kind, VERDICT_FAILED); /* of the first request */
    hand_in(4, SPAN("equal"));
    assert_int_equal(last.kind, VERDICT_INFECTED);
    assert_int_equal(fake.started, 1);
    assert_int_equal(scan_front_end_length(front_end), 0);
    end();
}

static void a_scan_is_stopped_when_all_that_waited_for_it_are_taken_back(void **state)
{
    begin(10);
    answered_in_any_order = true;
    for (uint64_t id = 1; id <= 3; id++)
        hand_in(id, SPAN("equal"));
    scan_front_end_cancel(front_end, &owner, 1);
    scan_front_end_cancel(front_end, &owner, 3);
    assert_int_equal(answered, 1);
    assert_int_equal(fake.stopped, 0);
    scan_front_end_cancel(front_end, &owner, 2);
    assert_int_equal(answered, 2);
    assert_int_equal(fake.stopped, 1);
    hand_in(4, SPAN("equal")); /* does not wait for the stopped scan */
    answer(VERDICT_FAILED);
    assert_int_equal(answered, 3);
    await_job();
    answer(VERDICT_CLEAN);
    assert_int_equal(answered, 4);
    assert_int_equal(last.kind, VERDICT_CLEAN);
    assert_int_equal(fake.started, 2);
    end();
}

static void a_scan_goes_on_after_its_owner_was_forgotten_and_is_repeated_if_it_fails(void **state)
{
    static int other;

    begin(10);
    answered_in_any_order = true;
    owner_of_next = &other;
    hand_in(1, SPAN("equal"));
    owner_of_next = &owner;
    hand_in(2, SPAN("equal"));
    scan_front_end_forget(front_end, &other);
    answer(VERDICT_FAILED);
    assert_int_equal(answered, 0);
    await_job();
    assert_int_equal(fake.started, 2);
    assert_int_equal(fake.stopped, 0);
    answer(VERDICT_CLEAN);
    assert_int_equal(answered, 1);
    assert_int_equal(last.kind, VERDICT_CLEAN);
    assert_int_equal(scan_front_end_length(front_end), 0);
    end();
}

/* The engine scans the first message with the old signatures. */
static void a_message_that_comes_after_a_change_of_signatures_does_not_wait_for_an_earlier_one(void **state)
{
    begin(10);
    hand_in(1, SPAN("equal"));
    scan_front_end_forget_verdicts(front_end);
    hand_in(2, SPAN("equal"));
    answer(VERDICT_CLEAN);
    assert_int_equal(answered, 1);
    assert_int_equal(fake.started, 2);
    answer(VERDICT_INFECTED);
    assert_int_equal(answered, 2);
    assert_int_equal(last.kind, VERDICT_INFECTED);
    end();
}

static void all_requests_of_an_owner_are_forgotten_whatever_they_wait_for(void **state)
{
    begin(10);
    hand_in(1, SPAN("in hand"));
    for (uint64_t id = 2; id <= 5; id++)
        hand_in(id, SPAN("equal"));
    add(MESSAGE_MAIL, 6, SPAN("equal"));
    scan_front_end_forget(front_end, &owner);
    assert_int_equal(scan_front_end_length(front_end), 1);
    answer(VERDICT_CLEAN);
    assert_int_equal(answered, 0);
    end();
}

static void messages_of_an_engine_without_a_cache_do_not_wait_for_each_other(void **state)
{
    begin(0);
    hand_in(1, SPAN("equal"));
    hand_in(2, SPAN("equal"));
    answer(VERDICT_CLEAN);
    assert_int_equal(answered, 1);
    answer(VERDICT_CLEAN);
    assert_int_equal(answered, 2);
    assert_int_equal(fake.started, 2);
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
        cmocka_unit_test(a_request_is_taken_back_at_once_until_an_engine_begins),
        cmocka_unit_test(a_request_that_an_engine_is_scanning_is_answered_when_the_engine_has_ended),
        cmocka_unit_test(a_request_that_was_taken_back_is_not_answered_after_its_owner_was_forgotten),
        cmocka_unit_test(a_request_that_is_unknown_or_answered_is_not_taken_back),
        cmocka_unit_test(equal_messages_that_wait_at_the_same_time_are_scanned_once),
        cmocka_unit_test(a_verdict_that_is_not_lasting_is_for_those_that_waited_and_no_others),
        cmocka_unit_test(after_a_failure_the_message_is_scanned_once_more_for_all_others),
        cmocka_unit_test(the_next_takes_the_place_of_a_request_that_is_taken_back),
        cmocka_unit_test(a_scan_goes_on_while_another_request_waits_for_it),
        cmocka_unit_test(a_scan_is_stopped_when_all_that_waited_for_it_are_taken_back),
        cmocka_unit_test(a_scan_goes_on_after_its_owner_was_forgotten_and_is_repeated_if_it_fails),
        cmocka_unit_test(a_message_that_comes_after_a_change_of_signatures_does_not_wait_for_an_earlier_one),
        cmocka_unit_test(all_requests_of_an_owner_are_forgotten_whatever_they_wait_for),
        cmocka_unit_test(messages_of_an_engine_without_a_cache_do_not_wait_for_each_other),
        cmocka_unit_test(the_same_bytes_as_mail_and_as_file_are_two_messages),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
