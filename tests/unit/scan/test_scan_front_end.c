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
        cmocka_unit_test(the_same_bytes_as_mail_and_as_file_are_two_messages),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
