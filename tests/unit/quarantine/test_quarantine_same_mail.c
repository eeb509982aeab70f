/* Messages that their server generates anew for each RETR: one incident, and a release that stays in effect;
 * other content with the unique-id of a released message does not pass. */
#include "tests/unit/quarantine/quarantine_lab.h"

#include <stdio.h>
#include <unistd.h>

static const char provider[] = "193.252.22.90:110";
enum { NOW_S = 1800000000 };

static int setup(void **state)
{
    struct lab *lab;

    lab_setup(state);
    lab = *state;
    lab_look(lab, NOW_S);
    return 0;
}

static struct incident mail_of(const char *uid, const char *user)
{
    struct incident incident = lab_incident(provider, user, 0);

    snprintf(incident.uidl, sizeof incident.uidl, "%s", uid);
    snprintf(incident.facts.message_id, sizeof incident.facts.message_id, "<1@example.org>");
    return incident;
}

static enum quarantine_stored fetch(struct lab *lab, struct incident incident, struct span bytes,
                                    bool destroy)
{
    int fd = lab_message(bytes);
    enum quarantine_stored stored;

    incident.size = bytes.n;
    stored = quarantine_store(lab->quarantine, fd, destroy, &incident, &lab->error);
    close(fd);
    memcpy(lab->id, incident.id, sizeof lab->id);
    memcpy(lab->file, incident.file, sizeof lab->file);
    return stored;
}

static enum quarantine_stored get(struct lab *lab, const char *uid, const char *user, struct span bytes)
{
    return fetch(lab, mail_of(uid, user), bytes, false);
}

static void release(struct lab *lab, bool everyone)
{
    struct quarantine_request request = {.verb = QUARANTINE_RELEASE, .everyone = everyone};
    struct quarantine_answer answer;

    memcpy(request.id, lab->id, sizeof request.id);
    quarantine_serve(lab->quarantine, &request, &answer);
    assert_int_equal(answer.result, QUARANTINE_DONE);
}

static void written_anew_it_refreshes_one_incident_which_keeps_the_first_bytes(void **state)
{
    struct lab *lab = *state;
    struct quarantine_list list;
    struct buf bytes = {0};
    char id[INCIDENT_ID_SIZE];

    assert_int_equal(get(lab, "uid-1", "christian", SPAN("Status: N")), QUARANTINE_STORED);
    memcpy(id, lab->id, sizeof id);
    for (unsigned i = 2; i <= 4; i++) {
        char text[16];

        snprintf(text, sizeof text, "Status: %u", i);
        lab_look(lab, NOW_S + 60 * i);
        assert_int_equal(get(lab, "uid-1", "christian", span_of(text)), QUARANTINE_STORED);
        assert_string_equal(lab->id, id);
        lab_reopen(lab);
    }
    lab_list(lab, &list);
    assert_int_equal(list.n, 1);
    assert_int_equal(list.at[0].count, 4);
    assert_int_equal(list.at[0].first_s, NOW_S);
    assert_int_equal(list.at[0].incident.received_s, NOW_S + 240);
    assert_string_equal(list.at[0].incident.uidl, "uid-1");
    assert_int_equal(list.at[0].state, INCIDENT_QUARANTINED);
    lab_read(lab, lab->file, &bytes);
    assert_true(span_eq(buf_span(&bytes), SPAN("Status: N")));
    assert_int_equal(lab_files(lab, ""), 2);
    buf_fini(&bytes);
    quarantine_list_fini(&list);
}

static void destroyed_each_time_it_is_one_record(void **state)
{
    struct lab *lab = *state;

    assert_int_equal(fetch(lab, mail_of("uid-1", "christian"), SPAN("a"), true), QUARANTINE_STORED);
    assert_int_equal(fetch(lab, mail_of("uid-1", "christian"), SPAN("b"), true), QUARANTINE_STORED);
    assert_int_equal(lab_files(lab, ".json"), 1);
    /* An incident with an original is not refreshed by one without. */
    assert_int_equal(get(lab, "uid-1", "christian", SPAN("c")), QUARANTINE_STORED);
    assert_int_equal(lab_files(lab, ".json"), 2);
    assert_int_equal(lab_files(lab, ".eml"), 1);
}

/* The original was removed by hand: it is stored again. */
static void an_incident_without_its_bytes_is_not_refreshed(void **state)
{
    struct lab *lab = *state;

    assert_int_equal(get(lab, "uid-1", "christian", SPAN("a")), QUARANTINE_STORED);
    lab_remove(lab, lab->file);
    assert_int_equal(get(lab, "uid-1", "christian", SPAN("b")), QUARANTINE_STORED);
    assert_true(lab_has(lab, lab->file));
    assert_int_equal(lab_files(lab, ".json"), 2);
}

static void a_release_holds_for_what_is_written_anew(void **state)
{
    struct lab *lab = *state;

    assert_int_equal(get(lab, "uid-1", "christian", SPAN("a")), QUARANTINE_STORED);
    release(lab, false);
    assert_int_equal(get(lab, "uid-1", "christian", SPAN("b")), QUARANTINE_RELEASED);
    lab_reopen(lab);
    lab_look(lab, NOW_S + QUARANTINE_RELEASE_S - 1);
    assert_int_equal(get(lab, "uid-1", "christian", SPAN("c")), QUARANTINE_RELEASED);
    lab_look(lab, NOW_S + QUARANTINE_RELEASE_S);
    assert_int_equal(get(lab, "uid-1", "christian", SPAN("d")), QUARANTINE_STORED);
    assert_int_equal(lab_files(lab, ".json"), 1);
}

/* Everything to which a server could give the unique-id of a released message. */
static void what_else_has_its_unique_id_does_not_pass(void **state)
{
    struct lab *lab = *state;
    struct incident other[10];
    static char large[5000];
    size_t n = 0;

    assert_int_equal(get(lab, "uid-1", "christian", SPAN("a")), QUARANTINE_STORED);
    release(lab, false);
    for (size_t i = 0; i < 10; i++)
        other[i] = mail_of("uid-1", "christian");
    verdict_set_found(&other[n++].verdict, SPAN("Worm.Another"));
    verdict_set(&other[n++].verdict, VERDICT_UNSCANNABLE, UNSCANNABLE_ENCRYPTED, SPAN(""));
    snprintf(other[n++].facts.from, 256, "another@example.org");
    snprintf(other[n++].facts.subject, 256, "Something else");
    snprintf(other[n++].facts.message_id, 256, "<2@example.org>");
    snprintf(other[n++].server, 64, "198.51.100.7:110");
    snprintf(other[n++].user, 128, "another");
    snprintf(other[n++].uidl, 72, "uid-2");
    other[n++].uidl[0] = '\0';
    memset(&other[n++].facts, 0, sizeof other[0].facts); /* the reader crashed */
    for (size_t i = 0; i < n; i++) {
        char bytes[16];

        snprintf(bytes, sizeof bytes, "other %zu", i);
        assert_int_equal(fetch(lab, other[i], span_of(bytes), false), QUARANTINE_STORED);
        assert_int_equal(lab_files(lab, ".eml"), i + 2);
    }
    memset(large, 'x', sizeof large);
    assert_int_equal(get(lab, "uid-1", "christian", (struct span){large, sizeof large}), QUARANTINE_STORED);
    assert_int_equal(lab_files(lab, ".eml"), n + 2);
    assert_int_equal(get(lab, "uid-1", "christian", SPAN("b")), QUARANTINE_RELEASED);
}

static void what_must_never_be_delivered_is_not(void **state)
{
    struct lab *lab = *state;
    struct incident trap = mail_of("uid-1", "christian");

    assert_int_equal(get(lab, "uid-1", "christian", SPAN("a")), QUARANTINE_STORED);
    release(lab, false);
    trap.undeliverable = 1;
    assert_int_equal(fetch(lab, trap, SPAN("b"), false), QUARANTINE_STORED);
}

/* A release for everyone applies to this content only. */
static void a_release_for_everyone_goes_by_content_alone(void **state)
{
    struct lab *lab = *state;

    assert_int_equal(get(lab, "uid-1", "christian", SPAN("a")), QUARANTINE_STORED);
    release(lab, true);
    assert_int_equal(get(lab, "uid-9", "another", SPAN("a")), QUARANTINE_RELEASED);
    assert_int_equal(get(lab, "uid-1", "christian", SPAN("b")), QUARANTINE_STORED);
}

/* If the user name is hidden, a unique-id belongs to no user. */
static void without_a_user_a_unique_id_says_nothing(void **state)
{
    struct lab *lab = *state;

    assert_int_equal(get(lab, "uid-1", "", SPAN("a")), QUARANTINE_STORED);
    assert_int_equal(get(lab, "uid-1", "", SPAN("b")), QUARANTINE_STORED);
    assert_int_equal(lab_files(lab, ".eml"), 2);
}

#define IN_LAB(test) cmocka_unit_test_setup_teardown(test, setup, lab_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LAB(written_anew_it_refreshes_one_incident_which_keeps_the_first_bytes),
        IN_LAB(destroyed_each_time_it_is_one_record),
        IN_LAB(an_incident_without_its_bytes_is_not_refreshed),
        IN_LAB(a_release_holds_for_what_is_written_anew),
        IN_LAB(what_else_has_its_unique_id_does_not_pass),
        IN_LAB(what_must_never_be_delivered_is_not),
        IN_LAB(a_release_for_everyone_goes_by_content_alone),
        IN_LAB(without_a_user_a_unique_id_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
