/* A thousand random operations on a quarantine, each compared with a model in memory. */
#include "tests/unit/quarantine/quarantine_lab.h"

#include "quarantine/quarantine_name.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEPS = 1000, CONTENTS = 6, USERS = 3, SERVERS = 2, INCIDENTS_MAX = STEPS };

struct expected {
    char id[INCIDENT_ID_SIZE];
    unsigned content, user, server;
    enum incident_state state;
    uint32_t count;
    bool is_gone; /* its record was removed by hand */
};

struct model {
    struct lab *lab;
    struct buf contents[CONTENTS];
    struct expected incidents[INCIDENTS_MAX];
    size_t n;
    uint64_t random;
};

static const char *const users[USERS] = {"", "christian", "christian2"};
static const char *const servers[SERVERS] = {"193.252.22.90:110", "193.252.22.90:1100"};

/* xorshift64: the same sequence on every machine. */
static unsigned any(struct model *model, unsigned below)
{
    model->random ^= model->random << 13;
    model->random ^= model->random >> 7;
    model->random ^= model->random << 17;
    return (unsigned)(model->random % below);
}

static struct expected *find_same(struct model *model, const struct expected *wanted)
{
    for (size_t i = 0; i < model->n; i++) {
        struct expected *incident = &model->incidents[i];

        if (!incident->is_gone && incident->state == wanted->state && incident->content == wanted->content &&
            incident->user == wanted->user && incident->server == wanted->server)
            return incident;
    }
    return NULL;
}

static struct expected *find_id(struct model *model, const char *id)
{
    for (size_t i = 0; i < model->n; i++)
        if (strcmp(model->incidents[i].id, id) == 0)
            return &model->incidents[i];
    return NULL;
}

static struct expected choose(struct model *model)
{
    return (struct expected){.content = any(model, CONTENTS),
                             .user = any(model, USERS),
                             .server = any(model, SERVERS),
                             .state = any(model, 4) ? INCIDENT_QUARANTINED : INCIDENT_DESTROYED,
                             .count = 1};
}

static bool do_store(struct model *model, const struct expected *wanted, struct incident *incident,
                     uint64_t size)
{
    int fd = lab_message(buf_span(&model->contents[wanted->content]));
    bool stored;

    *incident = lab_incident(servers[wanted->server], users[wanted->user], size);
    buf_clear(&model->lab->error);
    stored = quarantine_store(model->lab->quarantine, fd, wanted->state == INCIDENT_DESTROYED, incident,
                              &model->lab->error);
    close(fd);
    return stored;
}

static void store_one(struct model *model)
{
    struct expected wanted = choose(model), *same = find_same(model, &wanted);
    struct incident incident;

    assert_true(do_store(model, &wanted, &incident, model->contents[wanted.content].n));
    assert_int_equal(model->lab->error.n, 0);
    if (same) {
        assert_string_equal(incident.id, same->id);
        same->count++;
        return;
    }
    assert_null(find_id(model, incident.id));
    memcpy(wanted.id, incident.id, sizeof wanted.id);
    model->incidents[model->n++] = wanted;
}

static void lie_about_the_size(struct model *model)
{
    struct expected wanted = choose(model);
    struct incident incident;

    assert_false(do_store(model, &wanted, &incident, model->contents[wanted.content].n + 1));
}

/* No file can be written: nothing is kept, but a message to be destroyed is still answered. */
static void store_on_a_full_disk(struct model *model)
{
    struct expected wanted = choose(model);
    struct rlimit before, limit;
    struct incident incident;
    bool stored;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = (struct rlimit){0, before.rlim_max};
    wanted.content = 0; /* which is empty, so that the test can make it */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    stored = do_store(model, &wanted, &incident, 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(stored, wanted.state == INCIDENT_DESTROYED);
    assert_true(model->lab->error.n > 0);
}

static struct expected *any_incident(struct model *model)
{
    return model->n ? &model->incidents[any(model, (unsigned)model->n)] : NULL;
}

static void take_away_an_original(struct model *model)
{
    struct expected *incident = any_incident(model);
    char name[QUARANTINE_NAME_SIZE];

    if (!incident || incident->is_gone || incident->state != INCIDENT_QUARANTINED)
        return;
    quarantine_name(name, incident->id, QUARANTINE_ORIGINAL);
    lab_remove(model->lab, name);
    incident->state = INCIDENT_MISSING;
}

static void take_away_a_record(struct model *model)
{
    struct expected *incident = any_incident(model);
    char name[QUARANTINE_NAME_SIZE];

    if (!incident || incident->is_gone)
        return;
    quarantine_name(name, incident->id, QUARANTINE_RECORD);
    lab_remove(model->lab, name);
    incident->is_gone = true;
}

static size_t expected_files(const struct model *model)
{
    size_t n = 0;

    for (size_t i = 0; i < model->n; i++)
        if (!model->incidents[i].is_gone)
            n += model->incidents[i].state == INCIDENT_QUARANTINED ? 2 : 1;
    return n;
}

/* Adds what a crash may leave: it is swept, and nothing else is. */
static void crash_and_come_back(struct model *model)
{
    char hex[33], name[QUARANTINE_NAME_SIZE];

    for (size_t i = 0; i < sizeof hex - 1; i++)
        hex[i] = "0123456789abcdef"[any(model, 16)];
    hex[sizeof hex - 1] = '\0';
    quarantine_name(name, hex, any(model, 2) ? QUARANTINE_DRAFT : QUARANTINE_ORIGINAL);
    lab_write(model->lab, name, SPAN("left"));
    lab_reopen(model->lab);
    assert_int_equal(lab_files(model->lab, ""), expected_files(model));
}

static void compare_original(const struct model *model, const struct incident_record *record,
                             const struct expected *expected)
{
    struct buf bytes = {0};

    lab_read(model->lab, record->incident.file, &bytes);
    assert_true(span_eq(buf_span(&bytes), buf_span(&model->contents[expected->content])));
    buf_fini(&bytes);
}

static void compare(struct model *model)
{
    struct quarantine_list list;
    size_t there = 0;

    for (size_t i = 0; i < model->n; i++)
        there += !model->incidents[i].is_gone;
    lab_list(model->lab, &list);
    assert_int_equal(list.n, there);
    assert_int_equal(list.unreadable, 0);
    for (size_t i = 0; i < list.n; i++) {
        const struct expected *expected = find_id(model, list.at[i].incident.id);

        assert_non_null(expected);
        assert_int_equal(list.at[i].state, expected->state);
        assert_int_equal(list.at[i].count, expected->count);
        assert_string_equal(list.at[i].incident.user, users[expected->user]);
        assert_string_equal(list.at[i].incident.server, servers[expected->server]);
        if (expected->state == INCIDENT_QUARANTINED)
            compare_original(model, &list.at[i], expected);
    }
    assert_int_equal(lab_files(model->lab, QUARANTINE_DRAFT), 0);
    quarantine_list_fini(&list);
}

static void step(struct model *model)
{
    unsigned dice = any(model, 40);

    if (dice < 30)
        store_one(model);
    else if (dice < 32)
        lie_about_the_size(model);
    else if (dice < 34)
        store_on_a_full_disk(model);
    else if (dice < 36)
        take_away_an_original(model);
    else if (dice < 37)
        take_away_a_record(model);
    else if (dice < 39)
        crash_and_come_back(model);
    else
        compare(model);
}

static void a_thousand_steps_keep_to_the_model(void **state)
{
    struct model *model = mem_alloc_zero(sizeof *model);

    signal(SIGXFSZ, SIG_IGN);
    *model = (struct model){.lab = *state, .random = 0x9e3779b97f4a7c15u};
    for (size_t i = 1; i < CONTENTS; i++)
        buf_add_format(&model->contents[i], "Subject: %zu\r\n\r\n%*s\r\n", i, 1 << (4 * i - 4), ".");
    for (int i = 0; i < STEPS; i++)
        step(model);
    compare(model);
    crash_and_come_back(model);
    compare(model);
    for (size_t i = 0; i < CONTENTS; i++)
        buf_fini(&model->contents[i]);
    free(model);
}

/* Users and servers share one file per content unless files are removed by hand. */
static void one_file_holds_the_same_content_for_all(void **state)
{
    struct lab *lab = *state;
    struct stat facts;
    char path[200];
    ino_t inode = 0;

    for (unsigned i = 0; i < USERS * SERVERS * 3; i++) {
        assert_true(lab_store(lab, SPAN("mail"), servers[i % SERVERS], users[i / SERVERS % USERS]));
        snprintf(path, sizeof path, "%s/%s", lab->directory, lab->file);
        assert_int_equal(stat(path, &facts), 0);
        assert_true(inode == 0 || facts.st_ino == inode);
        inode = facts.st_ino;
    }
    assert_int_equal(facts.st_nlink, USERS * SERVERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_thousand_steps_keep_to_the_model, lab_setup, lab_teardown),
        cmocka_unit_test_setup_teardown(one_file_holds_the_same_content_for_all, lab_setup, lab_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
