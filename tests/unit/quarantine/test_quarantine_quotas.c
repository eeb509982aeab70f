/* Some thousand random stores, releases, deletions and days under quotas, compared with a model of the
 * obligations: an incident that is neither expired nor released nor deleted exists with its original,
 * whatever came after it; a released message passes for its users and for no others; and a message is refused
 * only if there is no room and nothing that may be removed. */
#include "tests/unit/quarantine/quarantine_lab.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    STEPS = 4000,
    CONTENTS = 7,
    USERS = 3,
    SERVERS = 2,
    COMBINATIONS = CONTENTS * USERS * SERVERS,
    NOW_S = 1700000000,
    HOUR_S = 3600,
    RETENTION_S = 40 * HOUR_S,
    RELEASE_S = 15 * HOUR_S,
    MAX_BYTES = 110,
    MAX_INCIDENTS = 12,
};

/* The obligation for one content, user and server. */
struct owed {
    char id[INCIDENT_ID_SIZE]; /* empty: none */
    bool is_kept; /* the original must exist; otherwise it is released, and the original may be gone */
    int64_t received_s, released_until_s;
    bool to_all;
};

struct model {
    struct lab *lab;
    uint64_t random;
    unsigned passed, refused, expired,
        lost_originals; /* counters that show that the test covers these cases */
    struct owed owed[CONTENTS][USERS][SERVERS];
};

static const char *const users[USERS] = {"", "christian", "another"};
static const char *const servers[SERVERS] = {"192.0.2.1:110", "192.0.2.1:1100"};
static const char text[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";

static unsigned any(struct model *model, unsigned below)
{
    model->random ^= model->random << 13;
    model->random ^= model->random >> 7;
    model->random ^= model->random << 17;
    return (unsigned)(model->random % below);
}

static size_t size_of(unsigned content)
{
    return 10 + 5 * content;
}

static bool is_released(const struct model *model, const struct owed *owed)
{
    return owed->id[0] && owed->released_until_s > model->lab->now_s;
}

static bool is_past(const struct model *model, const struct owed *owed)
{
    return model->lab->now_s - owed->received_s >= RETENTION_S;
}

static bool passes(const struct model *model, unsigned content, unsigned user, unsigned server)
{
    for (unsigned u = 0; u < USERS; u++)
        for (unsigned s = 0; s < SERVERS; s++) {
            const struct owed *owed = &model->owed[content][u][s];

            if (is_released(model, owed) && (owed->to_all || (u == user && s == server)))
                return true;
        }
    return false;
}

static struct owed *find(struct model *model, const char *id)
{
    struct owed *all = &model->owed[0][0][0];

    for (size_t i = 0; i < COMBINATIONS; i++)
        if (strcmp(all[i].id, id) == 0)
            return &all[i];
    return NULL;
}

/* Compares what exists with the obligations, and forgets what may be gone and is gone. */
static void compare(struct model *model)
{
    struct owed *all = &model->owed[0][0][0];
    bool is_there[COMBINATIONS] = {0};
    struct quarantine_list list;

    lab_list(model->lab, &list);
    assert_int_equal(list.unreadable, 0);
    for (size_t i = 0; i < list.n; i++) {
        struct owed *owed = find(model, list.at[i].incident.id);

        if (!owed) { /* it was released and lost its original; then the same content came again */
            assert_int_equal(list.at[i].state, INCIDENT_MISSING);
            assert_in_range(list.at[i].released_until_s, 1, model->lab->now_s);
            continue;
        }
        is_there[owed - all] = true;
        if (owed->is_kept && list.at[i].state == INCIDENT_MISSING) {
            assert_true(owed->released_until_s != 0);
            owed->is_kept = false;
            model->lost_originals++;
        }
    }
    quarantine_list_fini(&list);
    for (size_t i = 0; i < COMBINATIONS; i++) {
        if (!all[i].id[0] || is_there[i])
            continue;
        assert_false(is_released(model, &all[i]));
        assert_true(is_past(model, &all[i]) || !all[i].is_kept);
        all[i] = (struct owed){0};
        model->expired++;
    }
    assert_int_equal(lab_files(model->lab, ".tmp"), 0);
}

/* Counts what cannot be removed: bytes and incidents. */
static void count_owed(const struct model *model, unsigned *incidents, size_t *bytes)
{
    const struct owed *all = &model->owed[0][0][0];
    bool has_bytes[CONTENTS] = {0};

    *incidents = 0;
    *bytes = 0;
    for (size_t i = 0; i < COMBINATIONS; i++) {
        unsigned content = (unsigned)(i / (USERS * SERVERS));

        if (!all[i].id[0] || is_released(model, &all[i]) || is_past(model, &all[i]) || !all[i].is_kept)
            continue;
        ++*incidents;
        *bytes += has_bytes[content] ? 0 : size_of(content);
        has_bytes[content] = true;
    }
}

static void assert_there_was_no_room(const struct model *model, unsigned content)
{
    unsigned incidents;
    size_t bytes;

    count_owed(model, &incidents, &bytes);
    assert_true(incidents + 1 > MAX_INCIDENTS || bytes + size_of(content) > MAX_BYTES);
}

static void fetch(struct model *model)
{
    unsigned content = any(model, CONTENTS), user = any(model, USERS), server = any(model, SERVERS);
    struct owed *owed = &model->owed[content][user][server];
    bool is_to_pass = passes(model, content, user, server);
    struct span bytes = {text + content, size_of(content)};
    enum quarantine_stored stored = lab_try(model->lab, bytes, false, servers[server], users[user]);

    assert_int_equal(stored == QUARANTINE_RELEASED, is_to_pass);
    model->passed += is_to_pass;
    if (stored == QUARANTINE_NOT_STORED) {
        assert_there_was_no_room(model, content);
        model->refused++;
    }
    if (stored != QUARANTINE_STORED)
        return;
    if (owed->is_kept)
        assert_string_equal(owed->id, model->lab->id);
    *owed = (struct owed){.is_kept = true, .received_s = model->lab->now_s};
    memcpy(owed->id, model->lab->id, sizeof owed->id);
}

/* NULL if there is no obligation. */
static struct owed *any_owed(struct model *model)
{
    struct owed *owed = &model->owed[any(model, CONTENTS)][any(model, USERS)][any(model, SERVERS)];

    return owed->id[0] ? owed : NULL;
}

static void release(struct model *model)
{
    struct owed *owed = any_owed(model);
    struct quarantine_answer answer;
    bool to_all = any(model, 3) == 0, has_name;

    if (!owed)
        return;
    has_name = (owed - &model->owed[0][0][0]) / SERVERS % USERS != 0;
    assert_int_equal(lab_ask(model->lab, QUARANTINE_RELEASE, owed->id, to_all, &answer), to_all || has_name);
    if (!to_all && !has_name)
        return;
    owed->released_until_s = model->lab->now_s + RELEASE_S;
    owed->to_all = to_all;
}

static void delete_one(struct model *model)
{
    struct owed *owed = any_owed(model);
    struct quarantine_answer answer;

    if (!owed)
        return;
    assert_true(lab_ask(model->lab, QUARANTINE_DELETE, owed->id, false, &answer));
    *owed = (struct owed){0};
}

static void expire(struct model *model)
{
    struct owed *all = &model->owed[0][0][0];
    struct quarantine_answer answer;

    assert_true(lab_ask(model->lab, QUARANTINE_EXPIRE, "", false, &answer));
    compare(model);
    for (size_t i = 0; i < COMBINATIONS; i++)
        assert_true(!all[i].id[0] || is_released(model, &all[i]) || !is_past(model, &all[i]));
}

static void step(struct model *model)
{
    unsigned dice = any(model, 40);

    if (dice < 25)
        fetch(model);
    else if (dice < 29)
        release(model);
    else if (dice < 30)
        delete_one(model);
    else if (dice < 36)
        model->lab->now_s += any(model, 5 * HOUR_S);
    else if (dice < 38)
        lab_reopen(model->lab);
    else
        expire(model);
    compare(model);
}

static void nothing_that_is_owed_is_ever_lost(void **state)
{
    struct model *model = mem_alloc_zero(sizeof *model);

    *model = (struct model){.lab = *state, .random = 0x9e3779b97f4a7c15u};
    model->lab->now_s = NOW_S;
    lab_limit(model->lab, &(struct quarantine_limits){.retention_s = RETENTION_S,
                                                      .max_bytes = MAX_BYTES,
                                                      .max_incidents = MAX_INCIDENTS,
                                                      .release_s = RELEASE_S});
    for (int i = 0; i < STEPS; i++)
        step(model);
    assert_true(model->passed > 50);
    assert_true(model->refused > 50);
    assert_true(model->expired > 50);
    assert_true(model->lost_originals > 50);
    free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_that_is_owed_is_ever_lost, lab_setup, lab_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
