/* The keeper as a process of its own, with its sandbox; the test plays the parent and the relays. */
#include "quarantine_lab.h"

#include "proc/child.h"
#include "sys/channel.h"
#include "sys/privileges.h"
#include "sys/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RELAYS = 3, NOBODY = 65534, WAIT_S = 20 };

/* One end of a channel to the keeper, and what came from it. */
struct side {
    struct ipc *ipc;
    unsigned count[IPC_KIND_COUNT];
    struct ipc_stored stored;
    struct ipc_quarantined quarantined;
    struct ipc_peer accused;
    bool is_closed;
};

struct scene {
    struct event_base *base;
    char directory[40], moved[56], log[56];
    uint64_t retention_ms;
    pid_t keeper;
    struct side parent, relays[RELAYS];
};

static void on_message(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    struct side *side = context;

    side->count[kind]++;
    if (kind == IPC_STORED) {
        /* answers keep the order of the requests */
        assert_int_equal(((const struct ipc_stored *)payload)->id, side->stored.id + 1);
        memcpy(&side->stored, payload, sizeof side->stored);
    }
    if (kind == IPC_QUARANTINED)
        memcpy(&side->quarantined, payload, sizeof side->quarantined);
    if (kind == IPC_ACCUSE)
        memcpy(&side->accused, payload, sizeof side->accused);
}

static void on_closed(void *context, struct ipc *ipc)
{
    struct side *side = context;

    side->is_closed = true;
    ipc_free(&side->ipc);
}

/* Called by the keeper when its fences stand: tries what is outside. The linker puts it there. */
int __real_event_base_dispatch(struct event_base *base);
int __wrap_event_base_dispatch(struct event_base *base);
int __wrap_event_base_dispatch(struct event_base *base)
{
    int outside = open("/etc/passwd", O_RDONLY | O_CLOEXEC), refused = outside < 0 && errno == EACCES;
    int inside = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    dprintf(STDERR_FILENO, "outside=%s inside=%s\n", refused ? "refused" : "open",
            inside < 0 ? "refused" : "open");
    close(inside);
    return __real_event_base_dispatch(base);
}

static const struct ipc_handlers handlers = {on_message, on_closed};

static struct identity keeper_identity(void)
{
    return geteuid() == 0 ? (struct identity){NOBODY, NOBODY} : (struct identity){geteuid(), getegid()};
}

static void be_keeper(const struct scene *scene, int parent_fd)
{
    struct conf conf = {.quarantine = {.directory = (char *)scene->directory,
                                       .retention_ms = scene->retention_ms,
                                       .max_incidents = 1000,
                                       .release_ms = 1000 * WAIT_S}};
    struct child_start start = {.conf = &conf, .role = ROLE_KEEPER, .parent_fd = 3};
    struct identity identity = keeper_identity();
    int log = open(scene->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    dup2(log, STDERR_FILENO);
    dup2(parent_fd, start.parent_fd);
    close_range(4, ~0U, 0);
    alarm(WAIT_S * 2);
    _exit(privileges_drop(&identity, PRIVILEGES_NONE) ? keeper_main(&start) : 1);
}

static void start_keeper(struct scene *scene)
{
    int ends[2];

    assert_true(channel_pair(ends));
    scene->keeper = fork();
    assert_true(scene->keeper >= 0);
    if (scene->keeper == 0)
        be_keeper(scene, ends[1]);
    close(ends[1]);
    scene->parent = (struct side){0};
    scene->parent.ipc = ipc_new(scene->base, ends[0], ROLE_PARENT, ROLE_KEEPER, 0, &handlers, &scene->parent);
}

static void give_relay(struct scene *scene, struct side *relay, unsigned index)
{
    int ends[2];

    assert_true(channel_pair(ends));
    *relay = (struct side){0};
    relay->ipc = ipc_new(scene->base, ends[0], ROLE_RELAY, ROLE_KEEPER, 0, &handlers, relay);
    ipc_send(scene->parent.ipc, IPC_PEER, &(struct ipc_peer){ROLE_RELAY, index}, ends[1]);
    close(ends[1]);
}

static void wait_count(struct scene *scene, const struct side *side, enum ipc_kind kind, unsigned count)
{
    event_base_loopexit(scene->base, &(struct timeval){WAIT_S, 0});
    while (side->count[kind] < count && !scene->parent.is_closed && !event_base_got_exit(scene->base))
        event_base_loop(scene->base, EVLOOP_ONCE);
    assert_int_equal(side->count[kind], count);
}

static void wait_closed(struct scene *scene, const struct side *side)
{
    event_base_loopexit(scene->base, &(struct timeval){WAIT_S, 0});
    while (!side->is_closed && !event_base_got_exit(scene->base))
        event_base_loop(scene->base, EVLOOP_ONCE);
    assert_true(side->is_closed);
}

/* The exit status; the keeper must have reason to end. */
static int wait_end(struct scene *scene)
{
    int status;

    assert_int_equal(waitpid(scene->keeper, &status, 0), scene->keeper);
    scene->keeper = 0;
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int setup(void **state)
{
    struct scene *scene = mem_alloc_zero(sizeof *scene);
    struct identity identity = keeper_identity();

    scene->base = event_base_new();
    snprintf(scene->directory, sizeof scene->directory, "/tmp/postern-keeper-XXXXXX");
    assert_non_null(mkdtemp(scene->directory));
    assert_int_equal(chown(scene->directory, identity.uid, identity.gid), 0);
    snprintf(scene->log, sizeof scene->log, "%s.log", scene->directory);
    snprintf(scene->moved, sizeof scene->moved, "%s.moved", scene->directory);
    *state = scene;
    return 0;
}

/* The keeper runs, is ready and has all of its relays. */
static int setup_running(void **state)
{
    struct scene *scene;

    setup(state);
    scene = *state;
    start_keeper(scene);
    for (unsigned i = 0; i < RELAYS; i++)
        give_relay(scene, &scene->relays[i], i);
    wait_count(scene, &scene->parent, IPC_READY, 1);
    return 0;
}

static void empty(const char *directory)
{
    struct lab lab = {0};
    struct quarantine_list list;
    char name[80];
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return;
    snprintf(lab.directory, sizeof lab.directory, "%s", directory);
    assert_true(quarantine_list(fd, &list));
    for (size_t i = 0; i < list.n; i++) {
        snprintf(name, sizeof name, "%s.json", list.at[i].incident.id);
        lab_remove(&lab, name);
        if (list.at[i].incident.file[0])
            lab_remove(&lab, list.at[i].incident.file);
    }
    quarantine_list_fini(&list);
    close(fd);
    assert_int_equal(rmdir(directory), 0);
}

static int teardown(void **state)
{
    struct scene *scene = *state;

    ipc_free(&scene->parent.ipc);
    for (unsigned i = 0; i < RELAYS; i++)
        ipc_free(&scene->relays[i].ipc);
    if (scene->keeper)
        assert_int_equal(wait_end(scene), 0);
    empty(scene->directory);
    empty(scene->moved);
    unlink(scene->log);
    event_base_free(scene->base);
    free(scene);
    return 0;
}

static struct ipc_store request_of(const struct side *relay, uint64_t size)
{
    return (struct ipc_store){.id = relay->stored.id + 1,
                              .incident = lab_incident("193.252.22.90:110", "christian", size)};
}

static void ask(struct side *relay, const struct ipc_store *request, struct span bytes)
{
    int fd = lab_message(bytes);

    ipc_send(relay->ipc, IPC_STORE, request, fd);
    close(fd);
}

static void stores_and_answers(struct scene *scene, struct side *relay, struct span bytes)
{
    struct ipc_store request = request_of(relay, bytes.n);

    ask(relay, &request, bytes);
    wait_count(scene, relay, IPC_STORED, relay->count[IPC_STORED] + 1);
    assert_int_equal(relay->stored.ok, 1);
}

static void read_log(const struct scene *scene, struct buf *log)
{
    int fd = open(scene->log, O_RDONLY | O_CLOEXEC);
    ssize_t got;

    assert_true(fd >= 0);
    while ((got = read(fd, buf_reserve(log, 4096), 4096)) > 0)
        log->n += (size_t)got;
    close(fd);
}

static bool log_has(const struct scene *scene, const char *text)
{
    struct buf log = {0};
    bool has;

    read_log(scene, &log);
    has = strstr(buf_c_str(&log), text) != NULL;
    buf_fini(&log);
    return has;
}

static void list_of(const struct scene *scene, struct quarantine_list *list)
{
    int fd = open(scene->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_true(quarantine_list(fd, list));
    close(fd);
}

static void stores_then_answers_with_the_names(void **state)
{
    struct scene *scene = *state;
    struct lab lab = {0};
    struct buf bytes = {0};

    stores_and_answers(scene, &scene->relays[1], SPAN("From: a\r\n\r\nb\0c"));
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
            ask(&scene->relays[r], &request, (struct span){(char[]){(char)i, (char)r}, 2});
        }
    for (unsigned r = 0; r < RELAYS; r++)
        wait_count(scene, &scene->relays[r], IPC_STORED, 50);
}

static void texts_of_a_relay_are_not_believed(void **state)
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
    snprintf(request.incident.facts.from, sizeof request.incident.facts.from, "a\r\nevent=fake\x1b[2J\xff");
    ask(relay, &request, SPAN("mail"));
    wait_count(scene, relay, IPC_STORED, 1);
    assert_int_equal(relay->stored.ok, 1);
    list_of(scene, &list);
    assert_int_equal(list.n, 1);
    assert_string_equal(list.at[0].incident.id, relay->stored.incident);
    assert_null(strpbrk(list.at[0].incident.user, "\x1b"));
    assert_null(strpbrk(list.at[0].incident.facts.from, "\r\n\x1b\xff"));
    assert_int_equal(list.at[0].incident.facts.subject[0], 'S');
    assert_false(log_has(scene, "\nevent=fake"));
    quarantine_list_fini(&list);
}

static void a_size_that_lies_is_answered_and_the_next_request_works(void **state)
{
    struct scene *scene = *state;
    struct side *relay = &scene->relays[2];
    struct ipc_store request = request_of(relay, 5);

    ask(relay, &request, SPAN("mail"));
    wait_count(scene, relay, IPC_STORED, 1);
    assert_int_equal(relay->stored.ok, 0);
    assert_string_equal(relay->stored.incident, "");
    assert_string_equal(relay->stored.file, "");
    assert_true(log_has(scene, "event=store_failed"));
    stores_and_answers(scene, relay, SPAN("mail"));
}

/* Each gets a relay of its own, since it ends that relay's channel. */
static void what_is_not_to_be_kept_ends_the_channel_and_is_told(void **state)
{
    struct scene *scene = *state;
    struct ipc_store requests[RELAYS];

    for (unsigned r = 0; r < RELAYS; r++)
        requests[r] = request_of(&scene->relays[r], 4);
    verdict_set(&requests[0].incident.verdict, VERDICT_CLEAN, UNSCANNABLE_NONE, SPAN(""));
    requests[1].incident.verdict.reason = UNSCANNABLE_LIMITS; /* of an infected one */
    requests[2].destroy = 2;
    for (unsigned r = 0; r < RELAYS; r++) {
        ask(&scene->relays[r], &requests[r], SPAN("mail"));
        wait_closed(scene, &scene->relays[r]);
        wait_count(scene, &scene->parent, IPC_ACCUSE, r + 1);
        assert_int_equal(scene->parent.accused.role, ROLE_RELAY);
        assert_int_equal(scene->parent.accused.index, r);
    }
    give_relay(scene, &scene->relays[1], 1);
    stores_and_answers(scene, &scene->relays[1], SPAN("mail"));
}

static void a_relay_that_was_started_again_takes_the_place_of_the_old(void **state)
{
    struct scene *scene = *state;
    struct side again;

    give_relay(scene, &again, 0);
    wait_closed(scene, &scene->relays[0]);
    stores_and_answers(scene, &again, SPAN("mail"));
    assert_int_equal(scene->parent.count[IPC_ACCUSE], 0);
    ipc_free(&again.ipc);
}

static void the_path_of_the_directory_is_never_looked_up_again(void **state)
{
    struct scene *scene = *state;
    struct lab lab = {0};

    assert_int_equal(rename(scene->directory, scene->moved), 0);
    assert_int_equal(mkdir(scene->directory, 0777), 0);
    stores_and_answers(scene, &scene->relays[0], SPAN("mail"));
    snprintf(lab.directory, sizeof lab.directory, "%s", scene->directory);
    assert_false(lab_has(&lab, scene->relays[0].stored.file));
    snprintf(lab.directory, sizeof lab.directory, "%s", scene->moved);
    assert_true(lab_has(&lab, scene->relays[0].stored.file));
}

static void reaches_nothing_but_its_directory(void **state)
{
    struct scene *scene = *state;

    if (sandbox_landlock_version() == 0)
        skip();
    stores_and_answers(scene, &scene->relays[0], SPAN("mail")); /* so that it has got there */
    assert_true(log_has(scene, "outside=refused inside=open\n"));
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

static void does_what_an_administrator_asks(void **state)
{
    struct scene *scene = *state;
    struct side *relay = &scene->relays[0];
    char id[INCIDENT_ID_SIZE];

    stores_and_answers(scene, relay, SPAN("mail"));
    assert_int_equal(relay->stored.released, 0);
    memcpy(id, relay->stored.incident, sizeof id);
    assert_int_equal(ask_as_parent(scene, QUARANTINE_RELEASE, id)->result, QUARANTINE_DONE);
    assert_true(log_has(scene, "event=incident_released"));
    stores_and_answers(scene, relay, SPAN("mail"));
    assert_int_equal(relay->stored.released, 1);
    assert_string_equal(relay->stored.incident, id);
    assert_string_equal(relay->stored.file, "");
    assert_true(log_has(scene, "event=passed"));
    assert_int_equal(ask_as_parent(scene, QUARANTINE_EXPIRE, "")->removed, 0);
    assert_int_equal(ask_as_parent(scene, QUARANTINE_DELETE, id)->removed, 1);
    assert_int_equal(ask_as_parent(scene, QUARANTINE_DELETE, id)->result, QUARANTINE_REFUSED);
    assert_true(log_has(scene, "event=quarantine_refused"));
    stores_and_answers(scene, relay, SPAN("mail"));
    assert_int_equal(relay->stored.released, 0);
    assert_string_not_equal(relay->stored.incident, id);
}

static void lets_go_by_itself_what_is_past_its_retention(void **state)
{
    struct scene *scene = *state;
    struct quarantine_list list;

    scene->retention_ms = 1000;
    start_keeper(scene);
    give_relay(scene, &scene->relays[0], 0);
    stores_and_answers(scene, &scene->relays[0], SPAN("mail"));
    for (unsigned tenths = 0; !log_has(scene, "event=expired"); tenths++) {
        assert_true(tenths < 10 * WAIT_S);
        usleep(100000);
    }
    list_of(scene, &list);
    assert_int_equal(list.n, 0);
    quarantine_list_fini(&list);
}

/* The keeper's own clock says when an incident came: a relay could make it go at once, or never. */
static void the_time_of_a_relay_is_not_believed(void **state)
{
    struct scene *scene = *state;
    struct side *relay = &scene->relays[0];
    struct ipc_store request = request_of(relay, 4);
    struct quarantine_list list;

    request.incident.received_s = INT64_MAX;
    ask(relay, &request, SPAN("mail"));
    wait_count(scene, relay, IPC_STORED, 1);
    list_of(scene, &list);
    assert_int_equal(list.n, 1);
    assert_in_range(list.at[0].incident.received_s, time(NULL) - 2 * WAIT_S, time(NULL));
    quarantine_list_fini(&list);
}

/* proc(5): Seccomp: 2 is a filter. */
static void runs_behind_a_filter_and_without_root(void **state)
{
    struct scene *scene = *state;
    char path[64], text[4096] = {0}, wanted[80];
    FILE *status;

    snprintf(path, sizeof path, "/proc/%d/status", scene->keeper);
    status = fopen(path, "re");
    assert_non_null(status);
    assert_true(fread(text, 1, sizeof text - 1, status) > 0);
    fclose(status);
    snprintf(wanted, sizeof wanted, "Uid:\t%u\t%u\t%u\t%u\n", keeper_identity().uid, keeper_identity().uid,
             keeper_identity().uid, keeper_identity().uid);
    assert_non_null(strstr(text, wanted));
    assert_non_null(strstr(text, "CapEff:\t0000000000000000\n"));
    assert_non_null(strstr(text, "NoNewPrivs:\t1\n"));
#if !defined(__SANITIZE_ADDRESS__)
    assert_non_null(strstr(text, "Seccomp:\t2\n"));
#endif
}

static void stops_when_the_last_relay_is_gone(void **state)
{
    struct scene *scene = *state;

    ipc_send(scene->parent.ipc, IPC_STOP, &(struct ipc_none){0}, -1);
    for (unsigned r = 0; r < RELAYS; r++) {
        stores_and_answers(scene, &scene->relays[r], SPAN("mail"));
        ipc_free(&scene->relays[r].ipc);
    }
    wait_closed(scene, &scene->parent);
    assert_int_equal(wait_end(scene), 0);
}

static void ends_with_its_parent(void **state)
{
    struct scene *scene = *state;

    ipc_free(&scene->parent.ipc);
    wait_closed(scene, &scene->relays[0]);
    assert_int_equal(wait_end(scene), 0);
}

static void killed_and_started_again_it_knows_what_it_has(void **state)
{
    struct scene *scene = *state;
    char id[INCIDENT_ID_SIZE];
    int status;

    stores_and_answers(scene, &scene->relays[0], SPAN("mail"));
    memcpy(id, scene->relays[0].stored.incident, sizeof id);
    assert_int_equal(kill(scene->keeper, SIGKILL), 0);
    assert_int_equal(waitpid(scene->keeper, &status, 0), scene->keeper);
    wait_closed(scene, &scene->parent);
    for (unsigned r = 0; r < RELAYS; r++)
        wait_closed(scene, &scene->relays[r]);
    start_keeper(scene);
    give_relay(scene, &scene->relays[0], 0);
    stores_and_answers(scene, &scene->relays[0], SPAN("mail"));
    assert_string_equal(scene->relays[0].stored.incident, id);
}

static void a_directory_that_is_not_there_ends_it_with_a_reason(void **state)
{
    struct scene *scene = *state;

    assert_int_equal(rmdir(scene->directory), 0);
    start_keeper(scene);
    assert_int_equal(wait_end(scene), EXIT_CONFIG);
    assert_true(log_has(scene, "No such file or directory"));
    assert_true(log_has(scene, scene->directory));
}

static void a_directory_of_somebody_else_ends_it_with_a_reason(void **state)
{
    struct scene *scene = *state;

    if (geteuid() != 0)
        skip();
    assert_int_equal(chown(scene->directory, 0, 0), 0);
    assert_int_equal(chmod(scene->directory, 0755), 0);
    start_keeper(scene);
    assert_int_equal(wait_end(scene), EXIT_CONFIG);
    assert_true(log_has(scene, "Permission denied"));
    assert_true(log_has(scene, scene->directory));
}

#define RUNNING(test) cmocka_unit_test_setup_teardown(test, setup_running, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUNNING(stores_then_answers_with_the_names),
        RUNNING(answers_every_request_in_order),
        RUNNING(texts_of_a_relay_are_not_believed),
        RUNNING(a_size_that_lies_is_answered_and_the_next_request_works),
        RUNNING(what_is_not_to_be_kept_ends_the_channel_and_is_told),
        RUNNING(a_relay_that_was_started_again_takes_the_place_of_the_old),
        RUNNING(the_path_of_the_directory_is_never_looked_up_again),
        RUNNING(reaches_nothing_but_its_directory),
        RUNNING(runs_behind_a_filter_and_without_root),
        RUNNING(does_what_an_administrator_asks),
        RUNNING(the_time_of_a_relay_is_not_believed),
        cmocka_unit_test_setup_teardown(lets_go_by_itself_what_is_past_its_retention, setup, teardown),
        RUNNING(stops_when_the_last_relay_is_gone),
        RUNNING(ends_with_its_parent),
        RUNNING(killed_and_started_again_it_knows_what_it_has),
        cmocka_unit_test_setup_teardown(a_directory_that_is_not_there_ends_it_with_a_reason, setup, teardown),
        cmocka_unit_test_setup_teardown(a_directory_of_somebody_else_ends_it_with_a_reason, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
