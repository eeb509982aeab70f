/* Release and delete: who gets a held message, for how long, and who does not. */
#include "tests/unit/quarantine/quarantine_lab.h"

#include <stdio.h>
#include <unistd.h>

enum { NOW_S = 1700000000 };

static const struct span mail = {"From: a\r\n\r\nb\r\n", 14};
static const char provider[] = "193.252.22.90:110", other[] = "[2001:db8:1::4]:110";

static int setup(void **state)
{
    struct lab *lab;

    lab_setup(state);
    lab = *state;
    lab->now_s = NOW_S;
    return 0;
}

static enum quarantine_stored fetch(struct lab *lab, const char *server, const char *user)
{
    return lab_try(lab, mail, false, server, user);
}

/* Stores christian's incident of the mail from the provider; its id is in the lab. */
static void hold_back(struct lab *lab)
{
    assert_int_equal(fetch(lab, provider, "christian"), QUARANTINE_STORED);
}

static struct quarantine_answer release(struct lab *lab, bool everyone)
{
    struct quarantine_answer answer;

    assert_true(lab_ask(lab, QUARANTINE_RELEASE, lab->id, everyone, &answer));
    assert_string_equal(answer.id, lab->id);
    return answer;
}

static void released_it_passes_for_its_user_from_its_server(void **state)
{
    struct lab *lab = *state;
    struct quarantine_answer answer;
    char id[INCIDENT_ID_SIZE];

    hold_back(lab);
    memcpy(id, lab->id, sizeof id);
    answer = release(lab, false);
    assert_string_equal(answer.user, "christian");
    assert_string_equal(answer.server, provider);
    assert_int_equal(answer.until_s, NOW_S + QUARANTINE_RELEASE_S);
    assert_int_equal(answer.everyone, 0);
    assert_int_equal(fetch(lab, provider, "christian"), QUARANTINE_RELEASED);
    assert_string_equal(lab->id, id);
    assert_string_equal(lab->file, "");
    assert_int_equal(lab_files(lab, ""), 2);
    assert_int_equal(fetch(lab, provider, "another"), QUARANTINE_STORED);
    assert_int_equal(fetch(lab, provider, "christian2"), QUARANTINE_STORED);
    assert_int_equal(fetch(lab, other, "christian"), QUARANTINE_STORED);
    assert_int_equal(lab_try(lab, SPAN("another mail"), false, provider, "christian"), QUARANTINE_STORED);
}

static void released_for_everyone_it_passes_for_all(void **state)
{
    struct lab *lab = *state;

    hold_back(lab);
    assert_int_equal(release(lab, true).everyone, 1);
    assert_int_equal(fetch(lab, provider, "christian"), QUARANTINE_RELEASED);
    assert_int_equal(fetch(lab, provider, "another"), QUARANTINE_RELEASED);
    assert_int_equal(fetch(lab, other, ""), QUARANTINE_RELEASED);
    assert_int_equal(lab_try(lab, SPAN("another mail"), false, provider, "christian"), QUARANTINE_STORED);
}

static enum quarantine_stored fetch_file(struct lab *lab)
{
    return lab_try_file(lab, mail, "/pub/mail.txt", provider, "christian");
}

/* The engine was asked another question. */
static void a_mail_that_was_released_lets_no_file_of_its_bytes_pass(void **state)
{
    struct lab *lab = *state;

    hold_back(lab);
    release(lab, false);
    assert_int_equal(fetch_file(lab), QUARANTINE_STORED);
    lab_reopen(lab);
    assert_int_equal(fetch_file(lab), QUARANTINE_STORED);
    assert_int_equal(fetch(lab, provider, "christian"), QUARANTINE_RELEASED);
    release(lab, true);
    assert_int_equal(fetch_file(lab), QUARANTINE_STORED);
    assert_int_equal(lab_files(lab, ".json"), 2);
}

static void a_file_that_was_released_lets_no_mail_of_its_bytes_pass(void **state)
{
    struct lab *lab = *state;

    assert_int_equal(fetch_file(lab), QUARANTINE_STORED);
    release(lab, true);
    assert_int_equal(fetch_file(lab), QUARANTINE_RELEASED);
    assert_int_equal(fetch(lab, provider, "christian"), QUARANTINE_STORED);
}

static void a_release_ends(void **state)
{
    struct lab *lab = *state;
    char id[INCIDENT_ID_SIZE];

    hold_back(lab);
    memcpy(id, lab->id, sizeof id);
    release(lab, true);
    lab->now_s += QUARANTINE_RELEASE_S - 1;
    assert_int_equal(fetch(lab, provider, "christian"), QUARANTINE_RELEASED);
    lab->now_s++;
    assert_int_equal(fetch(lab, provider, "another"), QUARANTINE_STORED);
    assert_int_equal(fetch(lab, provider, "christian"), QUARANTINE_STORED);
    assert_string_equal(lab->id, id);
}

static void a_release_outlives_the_process_and_is_told(void **state)
{
    struct lab *lab = *state;
    struct quarantine_list list;

    hold_back(lab);
    release(lab, false);
    lab_reopen(lab);
    assert_int_equal(fetch(lab, provider, "christian"), QUARANTINE_RELEASED);
    assert_int_equal(fetch(lab, provider, "another"), QUARANTINE_STORED);
    lab_list(lab, &list);
    assert_int_equal(list.n, 2);
    for (size_t i = 0; i < list.n; i++) {
        bool is_his = strcmp(list.at[i].incident.user, "christian") == 0;

        assert_int_equal(list.at[i].released_until_s, is_his ? NOW_S + QUARANTINE_RELEASE_S : 0);
        assert_false(list.at[i].released_to_all);
        assert_int_equal(list.at[i].state, INCIDENT_QUARANTINED);
    }
    quarantine_list_fini(&list);
}

static void the_last_word_of_two_counts(void **state)
{
    struct lab *lab = *state;

    hold_back(lab);
    release(lab, true);
    lab->now_s += 60;
    assert_int_equal(release(lab, false).until_s, NOW_S + 60 + QUARANTINE_RELEASE_S);
    assert_int_equal(fetch(lab, provider, "christian"), QUARANTINE_RELEASED);
    assert_int_equal(fetch(lab, provider, "another"), QUARANTINE_STORED);
}

static void what_was_destroyed_can_be_released_and_what_is_to_be_destroyed_passes(void **state)
{
    struct lab *lab = *state;
    struct quarantine_answer answer;

    assert_true(lab_destroy(lab, mail, "christian"));
    assert_true(lab_ask(lab, QUARANTINE_RELEASE, lab->id, false, &answer));
    assert_int_equal(lab_try(lab, mail, true, provider, "christian"), QUARANTINE_RELEASED);
    assert_int_equal(lab_try(lab, mail, false, provider, "christian"), QUARANTINE_RELEASED);
    assert_int_equal(lab_try(lab, mail, true, provider, "another"), QUARANTINE_STORED);
    lab_reopen(lab);
    assert_int_equal(lab_try(lab, mail, true, provider, "christian"), QUARANTINE_RELEASED);
}

/* Files were removed by hand, but the mail may still be on its server. */
static void what_has_lost_its_original_can_be_released(void **state)
{
    struct lab *lab = *state;

    hold_back(lab);
    lab_remove(lab, lab->file);
    release(lab, false);
    lab_reopen(lab);
    assert_int_equal(fetch(lab, provider, "christian"), QUARANTINE_RELEASED);
}

static enum quarantine_stored fetch_undeliverable(struct lab *lab, const char *user)
{
    struct incident incident = lab_incident(provider, user, mail.n);
    int fd = lab_message(mail);
    enum quarantine_stored stored;

    incident.received_s = NOW_S;
    incident.undeliverable = 1;
    stored = quarantine_store(lab->quarantine, fd, false, &incident, &lab->error);
    close(fd);
    memcpy(lab->id, incident.id, sizeof lab->id);
    return stored;
}

static void what_must_never_be_delivered_as_it_is_cannot_be_released(void **state)
{
    struct lab *lab = *state;
    struct quarantine_answer answer;

    assert_int_equal(fetch_undeliverable(lab, "christian"), QUARANTINE_STORED);
    lab_reopen(lab);
    assert_false(lab_ask(lab, QUARANTINE_RELEASE, lab->id, true, &answer));
    assert_non_null(strstr(answer.text, "never delivered"));
    assert_int_equal(fetch_undeliverable(lab, "christian"), QUARANTINE_STORED);
}

/* Not even if the same bytes were released as something else. */
static void what_must_never_be_delivered_as_it_is_never_passes(void **state)
{
    struct lab *lab = *state;

    hold_back(lab);
    release(lab, true);
    assert_int_equal(fetch_undeliverable(lab, "christian"), QUARANTINE_STORED);
    assert_int_equal(fetch_undeliverable(lab, "another"), QUARANTINE_STORED);
}

static void without_a_name_it_is_released_for_everyone_only(void **state)
{
    struct lab *lab = *state;
    struct quarantine_answer answer;

    assert_int_equal(fetch(lab, provider, ""), QUARANTINE_STORED);
    assert_false(lab_ask(lab, QUARANTINE_RELEASE, lab->id, false, &answer));
    assert_non_null(strstr(answer.text, "only be released for everyone"));
    assert_int_equal(fetch(lab, provider, ""), QUARANTINE_STORED);
    release(lab, true);
    assert_int_equal(fetch(lab, provider, ""), QUARANTINE_RELEASED);
}

static void deleting_takes_original_record_and_release(void **state)
{
    struct lab *lab = *state;
    struct quarantine_answer answer;
    char id[INCIDENT_ID_SIZE];

    hold_back(lab);
    memcpy(id, lab->id, sizeof id);
    release(lab, true);
    assert_true(lab_ask(lab, QUARANTINE_DELETE, id, false, &answer));
    assert_string_equal(answer.id, id);
    assert_int_equal(answer.removed, 1);
    assert_int_equal(answer.freed_bytes, mail.n);
    assert_int_equal(lab_files(lab, ""), 0);
    assert_false(lab_ask(lab, QUARANTINE_DELETE, id, false, &answer));
    assert_int_equal(quarantine_count(lab->quarantine), 0);
    hold_back(lab);
    assert_string_not_equal(lab->id, id);
}

static void what_others_share_stays_theirs(void **state)
{
    struct lab *lab = *state;
    struct quarantine_answer answer;
    struct buf bytes = {0};
    char first[INCIDENT_ID_SIZE];

    hold_back(lab);
    memcpy(first, lab->id, sizeof first);
    assert_int_equal(fetch(lab, provider, "another"), QUARANTINE_STORED);
    assert_true(lab_ask(lab, QUARANTINE_DELETE, first, false, &answer));
    assert_int_equal(answer.freed_bytes, 0);
    lab_read(lab, lab->file, &bytes);
    assert_true(span_eq(buf_span(&bytes), mail));
    buf_fini(&bytes);
    assert_int_equal(fetch(lab, provider, "third"), QUARANTINE_STORED);
    assert_int_equal(lab_files(lab, ""), 4);
}

static void an_id_that_fits_none_or_two_is_refused(void **state)
{
    struct lab *lab = *state;
    struct quarantine_answer answer;
    unsigned refused = 0;

    for (char c = 'a'; c < 'a' + 17; c++)
        assert_true(lab_store(lab, (struct span){&c, 1}, provider, "christian"));
    for (int digit = 0; digit < 16; digit++)
        if (!lab_ask(lab, QUARANTINE_RELEASE, (char[]){"0123456789abcdef"[digit], '\0'}, false, &answer))
            refused += strstr(answer.text, "several incidents") != NULL;
    assert_true(refused > 0);
    assert_false(lab_ask(lab, QUARANTINE_DELETE, "", false, &answer));
    assert_false(lab_ask(lab, QUARANTINE_DELETE, "xyz", false, &answer));
    assert_false(lab_ask(lab, QUARANTINE_DELETE, "../../../../../../../../etc/passwd", false, &answer));
    assert_int_equal(lab_files(lab, ".json"), 17);
}

static void what_is_no_verb_is_refused(void **state)
{
    struct lab *lab = *state;
    struct quarantine_answer answer;

    hold_back(lab);
    assert_false(lab_ask(lab, QUARANTINE_VERB_COUNT, lab->id, false, &answer));
    assert_false(lab_ask(lab, (enum quarantine_verb)255, lab->id, false, &answer));
    assert_int_equal(lab_files(lab, ""), 2);
}

#define IN_LAB(test) cmocka_unit_test_setup_teardown(test, setup, lab_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LAB(released_it_passes_for_its_user_from_its_server),
        IN_LAB(released_for_everyone_it_passes_for_all),
        IN_LAB(a_mail_that_was_released_lets_no_file_of_its_bytes_pass),
        IN_LAB(a_file_that_was_released_lets_no_mail_of_its_bytes_pass),
        IN_LAB(a_release_ends),
        IN_LAB(a_release_outlives_the_process_and_is_told),
        IN_LAB(the_last_word_of_two_counts),
        IN_LAB(what_was_destroyed_can_be_released_and_what_is_to_be_destroyed_passes),
        IN_LAB(what_has_lost_its_original_can_be_released),
        IN_LAB(what_must_never_be_delivered_as_it_is_cannot_be_released),
        IN_LAB(what_must_never_be_delivered_as_it_is_never_passes),
        IN_LAB(without_a_name_it_is_released_for_everyone_only),
        IN_LAB(deleting_takes_original_record_and_release),
        IN_LAB(what_others_share_stays_theirs),
        IN_LAB(an_id_that_fits_none_or_two_is_refused),
        IN_LAB(what_is_no_verb_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
