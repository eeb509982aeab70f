/* What the keeper stores and answers, and which senders it trusts. */
#include "tests/unit/proc/keeper_lab.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static void answers_with_the_names_after_storing(void **state)
{
    struct scene *scene = *state;
    struct lab lab = {0};
    struct buf bytes = {0};

    store_and_await_answer(scene, &scene->relays[1], SPAN("From: a\r\n\r\nb\0c"));
    snprintf(lab.directory, sizeof lab.directory, "%s", scene->directory);
    lab_read(&lab, scene->relays[1].stored.file, &bytes);
    assert_true(span_eq(buf_span(&bytes), SPAN("From: a\r\n\r\nb\0c")));
    assert_true(log_has(scene, "event=stored"));
    assert_true(log_has(scene, scene->relays[1].stored.incident));
    buf_fini(&bytes);
}

static void answers_every_request_in_order(void **state)
{
    struct scene *scene = *state;

    for (unsigned i = 0; i < 50; i++)
        for (unsigned r = 0; r < RELAYS; r++) {
            struct ipc_store request = request_of(&scene->relays[r], 2);

            request.id = i + 1;
            request.destroy = i % 2;
            send_store(&scene->relays[r], &request, (struct span){(char[]){(char)i, (char)r}, 2});
        }
    for (unsigned r = 0; r < RELAYS; r++)
        wait_count(scene, &scene->relays[r], IPC_STORED, 50);
}

static void texts_of_a_relay_are_cleaned(void **state)
{
    struct scene *scene = *state;
    struct side *relay = &scene->relays[0];
    struct ipc_store request = request_of(relay, 4);
    struct quarantine_list list;

    memset(request.incident.id, '/', sizeof request.incident.id);
    memset(request.incident.file, 'x', sizeof request.incident.file);
    snprintf(request.incident.session, sizeof request.incident.session, "1\nevent=fake");
    memset(request.incident.user, 0x1b, sizeof request.incident.user);
    memset(request.incident.facts.subject, 'S', sizeof request.incident.facts.subject);
    request.incident.kind = MESSAGE_FILE;
    request.incident.direction = MESSAGE_UPLOAD;
    snprintf(request.incident.name, sizeof request.incident.name, "/a\r\nevent=fake\x1b[2J\xff");
    snprintf(request.incident.facts.from, sizeof request.incident.facts.from, "a\r\nevent=fake\x1b[2J\xff");
    send_store(relay, &request, SPAN("mail"));
    wait_count(scene, relay, IPC_STORED, 1);
    assert_int_equal(relay->stored.ok, 1);
    list_of(scene, &list);
    assert_int_equal(list.n, 1);
    assert_string_equal(list.at[0].incident.id, relay->stored.incident);
    assert_null(strpbrk(list.at[0].incident.user, "\x1b"));
    assert_null(strpbrk(list.at[0].incident.facts.from, "\r\n\x1b\xff"));
    assert_int_equal(list.at[0].incident.facts.subject[0], 'S');
    assert_int_equal(list.at[0].incident.kind, MESSAGE_FILE);
    assert_int_equal(list.at[0].incident.direction, MESSAGE_UPLOAD);
    assert_null(strpbrk(list.at[0].incident.name, "\r\n\x1b\xff"));
    assert_false(log_has(scene, "\nevent=fake"));
    quarantine_list_fini(&list);
}

static void a_wrong_size_is_answered_and_the_next_request_works(void **state)
{
    struct scene *scene = *state;
    struct side *relay = &scene->relays[2];
    struct ipc_store request = request_of(relay, 5);

    send_store(relay, &request, SPAN("mail"));
    wait_count(scene, relay, IPC_STORED, 1);
    assert_int_equal(relay->stored.ok, 0);
    assert_string_equal(relay->stored.incident, "");
    assert_string_equal(relay->stored.file, "");
    assert_true(log_has(scene, "event=store_failed"));
    store_and_await_answer(scene, relay, SPAN("mail"));
}

/* Each case has a relay of its own, as it ends that relay's channel. */
static void an_invalid_request_ends_the_channel_and_is_reported(void **state)
{
    struct scene *scene = *state;
    struct ipc_store requests[RELAYS];

    for (unsigned r = 0; r < RELAYS; r++)
        requests[r] = request_of(&scene->relays[r], 4);
    verdict_set(&requests[0].incident.verdict, VERDICT_CLEAN, UNSCANNABLE_NONE, SPAN(""));
    requests[1].incident.verdict.reason = UNSCANNABLE_LIMITS; /* of an infected message */
    requests[2].destroy = 2;
    for (unsigned r = 0; r < RELAYS; r++) {
        send_store(&scene->relays[r], &requests[r], SPAN("mail"));
        wait_closed(scene, &scene->relays[r]);
        wait_count(scene, &scene->parent, IPC_ACCUSE, r + 1);
        assert_int_equal(scene->parent.accused.role, ROLE_RELAY);
        assert_int_equal(scene->parent.accused.index, r);
    }
    give_relay(scene, &scene->relays[0], 0);
    requests[0] = request_of(&scene->relays[0], 4);
    requests[0].incident.kind = MESSAGE_KINDS;
    send_store(&scene->relays[0], &requests[0], SPAN("mail"));
    wait_closed(scene, &scene->relays[0]);
    wait_count(scene, &scene->parent, IPC_ACCUSE, RELAYS + 1);
    give_relay(scene, &scene->relays[1], 1);
    store_and_await_answer(scene, &scene->relays[1], SPAN("mail"));
}

static void a_restarted_relay_replaces_the_old_one(void **state)
{
    struct scene *scene = *state;
    struct side again;

    give_relay(scene, &again, 0);
    wait_closed(scene, &scene->relays[0]);
    store_and_await_answer(scene, &again, SPAN("mail"));
    assert_int_equal(scene->parent.count[IPC_ACCUSE], 0);
    ipc_free(&again.ipc);
}

static const struct quarantine_answer *ask_as_parent(struct scene *scene, enum quarantine_verb verb,
                                                     const char *id)
{
    struct ipc_quarantine asked = {.id = scene->parent.quarantined.id + 7, .request.verb = (uint8_t)verb};

    memcpy(asked.request.id, id, strlen(id));
    ipc_send(scene->parent.ipc, IPC_QUARANTINE, &asked, -1);
    wait_count(scene, &scene->parent, IPC_QUARANTINED, scene->parent.count[IPC_QUARANTINED] + 1);
    assert_int_equal(scene->parent.quarantined.id, asked.id);
    return &scene->parent.quarantined.answer;
}

static void carries_out_an_administrator_s_requests(void **state)
{
    struct scene *scene = *state;
    struct side *relay = &scene->relays[0];
    char id[INCIDENT_ID_SIZE];

    store_and_await_answer(scene, relay, SPAN("mail"));
    assert_int_equal(relay->stored.released, 0);
    memcpy(id, relay->stored.incident, sizeof id);
    assert_int_equal(ask_as_parent(scene, QUARANTINE_RELEASE, id)->result, QUARANTINE_DONE);
    assert_true(log_has(scene, "event=incident_released"));
    store_and_await_answer(scene, relay, SPAN("mail"));
    assert_int_equal(relay->stored.released, 1);
    assert_string_equal(relay->stored.incident, id);
    assert_string_equal(relay->stored.file, "");
    assert_true(log_has(scene, "event=passed"));
    assert_int_equal(ask_as_parent(scene, QUARANTINE_EXPIRE, "")->removed, 0);
    assert_int_equal(ask_as_parent(scene, QUARANTINE_DELETE, id)->removed, 1);
    assert_int_equal(ask_as_parent(scene, QUARANTINE_DELETE, id)->result, QUARANTINE_REFUSED);
    assert_true(log_has(scene, "event=quarantine_refused"));
    store_and_await_answer(scene, relay, SPAN("mail"));
    assert_int_equal(relay->stored.released, 0);
    assert_string_not_equal(relay->stored.incident, id);
}

static void removes_incidents_past_their_retention(void **state)
{
    struct scene *scene = *state;
    struct quarantine_list list;

    scene->retention_ms = 1000;
    start_keeper(scene);
    give_relay(scene, &scene->relays[0], 0);
    store_and_await_answer(scene, &scene->relays[0], SPAN("mail"));
    for (unsigned tenths = 0; !log_has(scene, "event=expired"); tenths++) {
        assert_true(tenths < 10 * WAIT_S);
        usleep(100000);
    }
    list_of(scene, &list);
    assert_int_equal(list.n, 0);
    quarantine_list_fini(&list);
}

/* The keeper takes the time of an incident from its own clock: a relay could make it expire at once, or
 * never. */
static void the_time_sent_by_a_relay_is_ignored(void **state)
{
    struct scene *scene = *state;
    struct side *relay = &scene->relays[0];
    struct ipc_store request = request_of(relay, 4);
    struct quarantine_list list;

    request.incident.received_s = INT64_MAX;
    send_store(relay, &request, SPAN("mail"));
    wait_count(scene, relay, IPC_STORED, 1);
    list_of(scene, &list);
    assert_int_equal(list.n, 1);
    assert_in_range(list.at[0].incident.received_s, time(NULL) - 2 * WAIT_S, time(NULL));
    quarantine_list_fini(&list);
}

#define RUNNING(test) cmocka_unit_test_setup_teardown(test, setup_running, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUNNING(answers_with_the_names_after_storing),
        RUNNING(answers_every_request_in_order),
        RUNNING(texts_of_a_relay_are_cleaned),
        RUNNING(a_wrong_size_is_answered_and_the_next_request_works),
        RUNNING(an_invalid_request_ends_the_channel_and_is_reported),
        RUNNING(a_restarted_relay_replaces_the_old_one),
        RUNNING(carries_out_an_administrator_s_requests),
        RUNNING(the_time_sent_by_a_relay_is_ignored),
        cmocka_unit_test_setup_teardown(removes_incidents_past_their_retention, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
