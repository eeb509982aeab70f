/* The system calls of a store: their order guarantees [P3], and if any of them fails, nothing is left. */
#include "tests/unit/quarantine/fault_lab.h"

#include "quarantine/quarantine_probe.h"
#include "sys/durable.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define KEPT(name) "create .tmp, write, fsync file, " name ", fsync directory, "

static void a_new_message_is_safe_before_its_record_and_both_before_the_answer(void **state)
{
    plan(0, 0);
    assert_true(store(*state, "christian", false));
    assert_string_equal(buf_c_str(&faults.trace), KEPT("rename .tmp .eml") KEPT("rename .tmp .json"));
}

static void shared_bytes_get_a_name_that_is_safe_too(void **state)
{
    plan(0, 0);
    assert_true(store(*state, "christian", false));
    plan(0, 0);
    assert_true(store(*state, "another", false));
    assert_string_equal(buf_c_str(&faults.trace),
                        "link .eml .eml, fsync directory, " KEPT("rename .tmp .json"));
}

static void a_refreshed_record_takes_the_place_of_the_old_when_it_is_safe(void **state)
{
    plan(0, 0);
    assert_true(store(*state, "christian", false));
    plan(0, 0);
    assert_true(store(*state, "christian", false));
    assert_string_equal(buf_c_str(&faults.trace), KEPT("replace .tmp .json"));
}

static void what_is_destroyed_is_never_written(void **state)
{
    plan(0, 0);
    assert_true(store(*state, "christian", true));
    assert_string_equal(buf_c_str(&faults.trace), KEPT("rename .tmp .json"));
}

static const int reasons[] = {EIO, ENOSPC, EROFS, EACCES, EDQUOT};

/* Repeats a store with each of its calls failing in turn, at least `least` of them; `ready` incidents exist
 * before. The last round, in which none fails, must store. A store that succeeds despite a failed call used a
 * fallback. */
static void fail_each(struct lab *lab, const char *user, size_t ready, size_t wanted, unsigned least)
{
    unsigned refused = 0;

    for (unsigned failing = 1; failing < 100; failing++) {
        plan(failing, reasons[failing % (sizeof reasons / sizeof reasons[0])]);
        if (store(lab, user, false))
            break;
        refused++;
        assert_true(lab->error.n > 0);
        assert_null(strstr(buf_c_str(&lab->error), "Success"));
        assert_string_equal(lab->id, "");
        assert_files(lab, ready, ready);
    }
    assert_true(refused >= least);
    assert_files(lab, wanted, wanted);
}

static void whichever_call_of_a_first_store_fails_nothing_is_left(void **state)
{
    struct lab *lab = *state;

    fail_each(lab, "christian", 0, 1, 9);
    assert_true(faults.calls < faults.failing);
    lab_reopen(lab);
    assert_int_equal(quarantine_count(lab->quarantine), 1);
}

static void whichever_call_of_a_refresh_fails_the_incident_stays(void **state)
{
    struct lab *lab = *state;
    char id[INCIDENT_ID_SIZE];

    plan(0, 0);
    assert_true(store(lab, "christian", false));
    memcpy(id, lab->id, sizeof id);
    fail_each(lab, "christian", 1, 1, 6);
    assert_string_equal(lab->id, id);
    assert_true(faults.calls < faults.failing);
}

/* If the bytes cannot be linked, they are stored again: the only failure with a fallback. */
static void a_file_system_without_links_keeps_the_bytes_again(void **state)
{
    struct lab *lab = *state;

    plan(0, 0);
    assert_true(store(lab, "christian", false));
    fail_each(lab, "another", 1, 2, 3);
    assert_non_null(strstr(buf_c_str(&faults.trace),
                           "link .eml .eml, create .tmp, write, fsync file, rename .tmp .eml, "));
}

static void a_link_that_cannot_be_made_safe_is_taken_back(void **state)
{
    struct lab *lab = *state;
    unsigned after_link;

    plan(0, 0);
    assert_true(store(lab, "christian", false));
    plan(0, 0);
    assert_true(store(lab, "another", false));
    after_link = faults.calls;
    assert_files(lab, 2, 2);
    for (unsigned failing = 1; failing <= after_link; failing++) {
        char user[16];
        size_t before = lab_files(lab, ".json");

        snprintf(user, sizeof user, "user%u", failing);
        plan(failing, ENOSPC);
        if (!store(lab, user, false))
            assert_files(lab, before, before);
        else
            assert_files(lab, before + 1, before + 1);
    }
}

static void destroying_succeeds_without_a_record(void **state)
{
    struct lab *lab = *state;
    unsigned answered = 0;

    for (unsigned failing = 1; failing < 15; failing++) {
        plan(failing, ENOSPC);
        if (store(lab, "christian", true))
            answered += lab->error.n > 0;
        assert_true(lab_files(lab, ".json") <= 1);
        assert_int_equal(lab_files(lab, ".eml") + lab_files(lab, ".tmp"), 0);
    }
    assert_true(answered >= 6);
}

/* Like exFAT by FUSE: neither RENAME_NOREPLACE nor links. */
static void a_file_system_without_either_is_looked_at_before_a_rename(void **state)
{
    struct lab *lab = *state;
    struct buf bytes = {0};

    faults.is_plain = true;
    plan(0, 0);
    assert_true(store(lab, "christian", false));
    assert_non_null(strstr(buf_c_str(&faults.trace),
                           "rename .tmp .eml, link .tmp .eml, replace .tmp .eml, fsync directory"));
    assert_files(lab, 1, 1);
    lab_read(lab, lab->file, &bytes);
    assert_true(span_eq(buf_span(&bytes), SPAN("mail")));
    plan(0, 0);
    assert_true(store(lab, "another", false));
    assert_files(lab, 2, 2);
    buf_fini(&bytes);
}

static void there_nothing_is_left_either_whichever_call_fails(void **state)
{
    struct lab *lab = *state;

    faults.is_plain = true;
    fail_each(lab, "christian", 0, 1, 9);
    assert_true(faults.calls < faults.failing);
}

static void there_nothing_is_written_over(void **state)
{
    struct lab *lab = *state;
    int directory = quarantine_directory(lab->quarantine);
    struct buf bytes = {0};

    faults.is_plain = faults.on = true;
    plan(0, 0);
    lab_write(lab, "one", SPAN("one"));
    lab_write(lab, "two", SPAN("two"));
    assert_false(durable_rename(directory, "one", "two"));
    assert_int_equal(errno, EEXIST);
    lab_read(lab, "two", &bytes);
    assert_true(span_eq(buf_span(&bytes), SPAN("two")));
    assert_true(durable_rename(directory, "one", "three"));
    assert_false(lab_has(lab, "one"));
    buf_fini(&bytes);
}

/* Like NFS, without RENAME_NOREPLACE: the name is made by a link, which overwrites nothing either. */
static void a_file_system_that_cannot_rename_so_is_served_by_links(void **state)
{
    struct lab *lab = *state;
    struct buf bytes = {0};
    unsigned failing = 1;

    do
        plan(failing++, EINVAL);
    while (!store(lab, "christian", false));
    assert_non_null(
        strstr(buf_c_str(&faults.trace), "rename .tmp .eml, link .tmp .eml, remove .tmp, fsync directory"));
    assert_files(lab, 1, 1);
    lab_read(lab, lab->file, &bytes);
    assert_true(span_eq(buf_span(&bytes), SPAN("mail")));
    buf_fini(&bytes);
}

static void whichever_call_of_a_deletion_fails_it_stays_or_is_gone(void **state)
{
    struct lab *lab = *state;
    struct quarantine_answer answer;

    for (unsigned failing = 1; failing < 5; failing++) {
        bool was_done;

        plan(0, 0);
        assert_true(store(lab, "christian", false));
        plan(failing, EIO);
        faults.removes = faults.on = true;
        was_done = lab_ask(lab, QUARANTINE_DELETE, lab->id, false, &answer);
        faults.removes = faults.on = false;
        assert_int_equal(lab_files(lab, ".json"), failing == 1);
        assert_int_equal(quarantine_count(lab->quarantine), failing == 1);
        assert_true(was_done || strstr(answer.text, "Input/output error"));
        lab_reopen(lab); /* an original that could not be removed is swept */
        assert_files(lab, failing == 1, failing == 1);
    }
}

static void the_probe_leaves_nothing_whichever_call_fails(void **state)
{
    struct lab *lab = *state;
    unsigned failing = 0;
    int reason;

    do {
        plan(++failing, ENOSPC);
        buf_clear(&lab->error);
        faults.on = faults.removes = true;
        reason = quarantine_probe(quarantine_directory(lab->quarantine), &lab->error);
        faults.on = faults.removes = false;
        assert_int_equal(reason == 0, lab->error.n == 0);
        lab_reopen(lab); /* what could not be removed is swept */
        assert_files(lab, 0, 0);
    } while (reason);
    assert_in_range(failing, 12, 20);
    assert_string_equal(buf_c_str(&faults.trace),
                        KEPT("rename .tmp .eml") KEPT("replace .tmp .eml") "remove .eml, fsync directory, ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LAB(a_new_message_is_safe_before_its_record_and_both_before_the_answer),
        IN_LAB(shared_bytes_get_a_name_that_is_safe_too),
        IN_LAB(a_refreshed_record_takes_the_place_of_the_old_when_it_is_safe),
        IN_LAB(what_is_destroyed_is_never_written),
        IN_LAB(whichever_call_of_a_first_store_fails_nothing_is_left),
        IN_LAB(whichever_call_of_a_refresh_fails_the_incident_stays),
        IN_LAB(a_file_system_without_links_keeps_the_bytes_again),
        IN_LAB(a_link_that_cannot_be_made_safe_is_taken_back),
        IN_LAB(destroying_succeeds_without_a_record),
        IN_LAB(a_file_system_that_cannot_rename_so_is_served_by_links),
        IN_PLAIN(a_file_system_without_either_is_looked_at_before_a_rename),
        IN_PLAIN(there_nothing_is_left_either_whichever_call_fails),
        IN_PLAIN(there_nothing_is_written_over),
        IN_LAB(the_probe_leaves_nothing_whichever_call_fails),
        IN_LAB(whichever_call_of_a_deletion_fails_it_stays_or_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, free_trace);
}
