/* What the front end does only for a mail: fragments, and further objects. */
#include "tests/unit/scan/front_end_lab.h"

#include "base/buf.h"
#include "mail/mime_rewrite.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

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

static void damaged_tnef_is_not_clean(void **state)
{
    begin(10);
    hand_in(
        1,
        SPAN("Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\neJ8+IgEA\r\n"));
    answer(VERDICT_CLEAN); /* of the message */
    answer(VERDICT_CLEAN); /* of its parts */
    assert_int_equal(last.kind, VERDICT_UNSCANNABLE);
    assert_int_equal(last.reason, UNSCANNABLE_MALFORMED);
    assert_string_equal(last.name, "damaged-tnef");
    end();
}

#define AMBIGUOUS                                                                  \
    "Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n\r\n" \
    "VGhlIGNvbnRlbnQgdGhhdCB0aGUgb3JkaW5hcnkgcmVhZGluZyBoaWRlcw==\r\n"

static void expect_reason(enum unscannable reason, const char *name)
{
    assert_int_equal(last.kind, VERDICT_UNSCANNABLE);
    assert_int_equal(last.reason, reason);
    assert_string_equal(last.name, name);
}

static void a_message_that_hides_a_part_is_ambiguous(void **state)
{
    begin(10);
    hand_in(1, SPAN(AMBIGUOUS));
    answer(VERDICT_CLEAN);
    assert_int_equal(answered, 0); /* the part is scanned first */
    answer(VERDICT_CLEAN);
    assert_int_equal(answered, 1);
    expect_reason(UNSCANNABLE_AMBIGUOUS, "hidden-part");
    hand_in(2, SPAN(AMBIGUOUS)); /* known */
    assert_int_equal(answered, 2);
    expect_reason(UNSCANNABLE_AMBIGUOUS, "hidden-part");
    assert_int_equal(fake.started, 2);
    /* A text after the end is no object of its own. */
    hand_in(3, SPAN("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n--b\r\nContent-Type: text/html"
                    "\r\n\r\n<p>This text is after the end.\r\n"));
    answer(VERDICT_CLEAN);
    assert_int_equal(answered, 3);
    expect_reason(UNSCANNABLE_AMBIGUOUS, "hidden-part");
    end();
}

static void every_other_finding_outranks_ambiguous(void **state)
{
    begin(0);
    hand_in(1, SPAN(AMBIGUOUS));
    answer(VERDICT_CLEAN);
    answer(VERDICT_INFECTED);
    assert_int_equal(last.kind, VERDICT_INFECTED);
    hand_in(2, SPAN(AMBIGUOUS));
    answer(VERDICT_FAILED);
    answer(VERDICT_CLEAN);
    assert_int_equal(last.kind, VERDICT_FAILED);
    hand_in(3, SPAN(AMBIGUOUS));
    answer(VERDICT_CLEAN);
    answer_because(VERDICT_UNSCANNABLE, UNSCANNABLE_ENCRYPTED);
    assert_int_equal(last.reason, UNSCANNABLE_ENCRYPTED);
    hand_in(4, SPAN("Content-Type: message/partial\r\n" AMBIGUOUS));
    answer(VERDICT_CLEAN);
    answer(VERDICT_CLEAN);
    await(4);
    expect_partial();
    hand_in(5, SPAN("Content-Type: message/external-body\r\n" AMBIGUOUS));
    answer(VERDICT_CLEAN);
    answer(VERDICT_CLEAN);
    expect_reason(UNSCANNABLE_PARTIAL, "external-body");
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
    hand_in(1, (struct span){first, sizeof first});
    assert_int_equal(fake.started, 1); /* the engine's object is still in memory */
    answer(VERDICT_CLEAN);
    assert_int_equal(answered, 0);
    await_job();
    answer(VERDICT_CLEAN);
    answer(VERDICT_CLEAN);
    assert_int_equal(answered, 1);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fragment_is_not_clean),
        cmocka_unit_test(a_fragment_keeps_a_worse_verdict),
        cmocka_unit_test(searches_only_the_beginning),
        cmocka_unit_test(a_check_ends_when_the_owner_is_gone),
        cmocka_unit_test(a_message_that_cannot_be_checked_has_failed),
        cmocka_unit_test(a_message_that_crashes_the_parser_is_treated_as_a_fragment),
        cmocka_unit_test(a_fragment_is_recognised_in_every_object),
        cmocka_unit_test(a_file_has_no_further_objects_and_is_no_fragment),
        cmocka_unit_test(scans_a_message_also_as_a_client_stores_it),
        cmocka_unit_test(scans_the_parts_of_an_odd_message),
        cmocka_unit_test(a_part_that_is_not_in_the_message_is_not_clean),
        cmocka_unit_test(damaged_tnef_is_not_clean),
        cmocka_unit_test(a_message_that_hides_a_part_is_ambiguous),
        cmocka_unit_test(every_other_finding_outranks_ambiguous),
        cmocka_unit_test(the_worst_verdict_of_all_objects_counts),
        cmocka_unit_test(waits_for_memory_for_objects),
        cmocka_unit_test(a_message_whose_objects_never_fit_is_not_clean),
        cmocka_unit_test(forgets_requests_that_wait_for_memory),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
