/* The system calls of a store: their order guarantees [P3], and if any of them fails, nothing is left. The
 * linker inserts these functions between the quarantine and the C library (--wrap in meson.build). */
#include "tests/unit/quarantine/quarantine_lab.h"

#include "quarantine/quarantine_probe.h"
#include "sys/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    bool on;
    unsigned calls;   /* calls of this store that may fail */
    unsigned failing; /* number of the call that fails; 0: none */
    int reason;
    bool kills;       /* the process ends instead of that call */
    bool removes;     /* removals may fail, too */
    bool is_plain;    /* the file system supports neither RENAME_NOREPLACE nor links */
    struct buf trace; /* "fsync file, " ... */
} faults;

#define WRAPPED(type, name, ...)     \
    type __real_##name(__VA_ARGS__); \
    type __wrap_##name(__VA_ARGS__); \
    type __wrap_##name(__VA_ARGS__)

static bool fails(void)
{
    if (!faults.on || ++faults.calls != faults.failing)
        return false;
    if (faults.kills)
        _exit(EXIT_SUCCESS);
    errno = faults.reason;
    return true;
}

static bool is_unknown(int reason)
{
    errno = reason;
    return faults.on && faults.is_plain;
}

static const char *suffix_of(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot ? dot : "?";
}

static void note(const char *what, const char *one, const char *two)
{
    if (faults.on)
        buf_add_format(&faults.trace, "%s%s%s%s%s, ", what, one[0] ? " " : "", one, two[0] ? " " : "", two);
}

int __real_openat64(int directory, const char *name, int flags, ...);
int __wrap_openat64(int directory, const char *name, int flags, ...);
int __wrap_openat64(int directory, const char *name, int flags, ...)
{
    if (flags & O_CREAT) {
        note("create", suffix_of(name), "");
        if (fails())
            return -1;
    }
    return __real_openat64(directory, name, flags, 0600);
}

/* A failing write has written half of its bytes. */
WRAPPED(ssize_t, write, int fd, const void *bytes, size_t n)
{
    note("write", "", "");
    if (!fails())
        return __real_write(fd, bytes, n);
    if (__real_write(fd, bytes, n / 2) < 0)
        return -1;
    errno = faults.reason;
    return -1;
}

WRAPPED(ssize_t, pread64, int fd, void *bytes, size_t n, off_t offset)
{
    return fails() ? -1 : __real_pread64(fd, bytes, n, offset);
}

WRAPPED(int, fsync, int fd)
{
    struct stat facts;

    assert_int_equal(fstat(fd, &facts), 0);
    note("fsync", S_ISDIR(facts.st_mode) ? "directory" : "file", "");
    return fails() ? -1 : __real_fsync(fd);
}

WRAPPED(int, renameat2, int from_directory, const char *from, int to_directory, const char *to,
        unsigned flags)
{
    note("rename", suffix_of(from), suffix_of(to));
    assert_int_equal(flags, RENAME_NOREPLACE);
    if (is_unknown(EINVAL))
        return -1;
    return fails() ? -1 : __real_renameat2(from_directory, from, to_directory, to, flags);
}

WRAPPED(int, renameat, int from_directory, const char *from, int to_directory, const char *to)
{
    note("replace", suffix_of(from), suffix_of(to));
    return fails() ? -1 : __real_renameat(from_directory, from, to_directory, to);
}

WRAPPED(int, linkat, int from_directory, const char *from, int to_directory, const char *to, int flags)
{
    note("link", suffix_of(from), suffix_of(to));
    if (is_unknown(EPERM))
        return -1;
    return fails() ? -1 : __real_linkat(from_directory, from, to_directory, to, flags);
}

WRAPPED(int, unlinkat, int directory, const char *name, int flags)
{
    note("remove", suffix_of(name), "");
    return faults.removes && fails() ? -1 : __real_unlinkat(directory, name, flags);
}

WRAPPED(ssize_t, getrandom, void *bytes, size_t n, unsigned flags)
{
    return fails() ? -1 : __real_getrandom(bytes, n, flags);
}

static const char provider[] = "193.252.22.90:110";

/* Makes the `failing`th call of the next store fail. */
static void plan(unsigned failing, int reason)
{
    buf_clear(&faults.trace);
    faults.calls = 0;
    faults.failing = failing;
    faults.reason = reason;
}

static bool store(struct lab *lab, const char *user, bool destroy)
{
    struct incident incident = lab_incident(provider, user, 4);
    int fd = lab_message(SPAN("mail"));
    bool stored;

    buf_clear(&lab->error);
    faults.on = true;
    stored = quarantine_store(lab->quarantine, fd, destroy, &incident, &lab->error);
    faults.on = false;
    close(fd);
    memcpy(lab->id, incident.id, sizeof lab->id);
    memcpy(lab->file, incident.file, sizeof lab->file);
    return stored;
}

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

static void assert_files(const struct lab *lab, size_t records, size_t originals)
{
    assert_int_equal(lab_files(lab, ".json"), records);
    assert_int_equal(lab_files(lab, ".eml"), originals);
    assert_int_equal(lab_files(lab, ""), records + originals);
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

    for (unsigned failing = 1; failing < 12; failing++) {
        plan(failing, ENOSPC);
        if (store(lab, "christian", true))
            answered += lab->error.n > 0;
        assert_true(lab_files(lab, ".json") <= 1);
        assert_int_equal(lab_files(lab, ".eml") + lab_files(lab, ".tmp"), 0);
    }
    assert_true(answered >= 4);
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

static bool store_another(struct lab *lab)
{
    return store(lab, "another", false);
}

/* Runs `act` in a process that dies at that call; true: it ran to completion. */
static bool killed_at(struct lab *lab, unsigned failing, bool (*act)(struct lab *))
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        plan(failing, 0);
        faults.kills = faults.removes = faults.on = true;
        _exit(act(lab) ? 2 : 3);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 3);
    return WEXITSTATUS(status) == 2;
}

/* What is listed afterwards is complete; of what is not listed nothing is left. */
static void killed_at_any_call_it_shows_whole_incidents_only(void **state)
{
    struct lab *lab = *state;
    struct quarantine_list list;
    bool is_done = false;

    for (unsigned failing = 1; !is_done; failing++) {
        size_t before = lab_files(lab, ".json");

        is_done = killed_at(lab, failing, store_another);
        lab_reopen(lab);
        lab_list(lab, &list);
        assert_true(list.n == before || list.n == before + 1);
        for (size_t i = 0; i < list.n; i++)
            assert_int_equal(list.at[i].state, INCIDENT_QUARANTINED);
        assert_int_equal(list.unreadable, 0);
        assert_files(lab, list.n, list.n);
        quarantine_list_fini(&list);
        assert_true(failing < 100);
    }
    assert_int_equal(lab_files(lab, ".json"), 1);
}

static bool release_it(struct lab *lab)
{
    struct quarantine_answer answer;

    return lab_ask(lab, QUARANTINE_RELEASE, lab->id, false, &answer);
}

static bool delete_it(struct lab *lab)
{
    struct quarantine_answer answer;

    return lab_ask(lab, QUARANTINE_DELETE, lab->id, false, &answer);
}

static void killed_in_a_release_it_is_released_or_not(void **state)
{
    struct lab *lab = *state;
    struct quarantine_list list;
    bool is_done = false;

    plan(0, 0);
    assert_true(store(lab, "christian", false));
    lab->now_s = 1700000000;
    for (unsigned failing = 1; !is_done; failing++) {
        is_done = killed_at(lab, failing, release_it);
        lab_reopen(lab);
        lab_list(lab, &list);
        assert_int_equal(list.n, 1);
        assert_int_equal(list.at[0].state, INCIDENT_QUARANTINED);
        assert_true(list.at[0].released_until_s == 0 || list.at[0].released_until_s > lab->now_s);
        assert_true(list.at[0].released_until_s || !is_done);
        quarantine_list_fini(&list);
        assert_files(lab, 1, 1);
    }
}

static void killed_in_a_deletion_it_is_whole_or_gone(void **state)
{
    struct lab *lab = *state;
    struct quarantine_list list;
    bool is_done = false;

    for (unsigned failing = 1; !is_done; failing++) {
        plan(0, 0);
        assert_true(store(lab, "christian", false));
        is_done = killed_at(lab, failing, delete_it);
        lab_reopen(lab);
        lab_list(lab, &list);
        assert_true(list.n <= 1 && !(is_done && list.n));
        assert_files(lab, list.n, list.n);
        quarantine_list_fini(&list);
    }
}

/* The released incident is evicted before the new one is written: it loses its original, but not its
 * release. */
static void killed_while_it_makes_room_it_keeps_the_release(void **state)
{
    struct lab *lab = *state;
    struct quarantine_list list;
    bool is_done = false;

    for (unsigned failing = 1; !is_done; failing++) {
        plan(0, 0);
        lab_limit(lab, &(struct quarantine_limits){.release_s = 3600});
        assert_true(lab_store(lab, SPAN("released"), provider, "christian"));
        lab->now_s = lab_incident(provider, "", 0).received_s;
        assert_true(release_it(lab));
        lab_limit(lab, &(struct quarantine_limits){.max_incidents = 1, .release_s = 3600});
        is_done = killed_at(lab, failing, store_another);
        lab_reopen(lab);
        assert_int_equal(lab_try(lab, SPAN("released"), false, provider, "christian"), QUARANTINE_RELEASED);
        lab_list(lab, &list);
        for (size_t i = 0; i < list.n; i++) {
            assert_true(list.at[i].released_until_s || list.at[i].state == INCIDENT_QUARANTINED);
            memcpy(lab->id, list.at[i].incident.id, sizeof lab->id);
            assert_true(delete_it(lab));
        }
        assert_true(list.n == 2 || (list.n == 1 && !is_done));
        quarantine_list_fini(&list);
        assert_files(lab, 0, 0);
    }
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

static int plain_no_more(void **state)
{
    faults.is_plain = faults.on = false;
    return lab_teardown(state);
}

static void killed_there_it_shows_whole_incidents_only(void **state)
{
    faults.is_plain = true;
    killed_at_any_call_it_shows_whole_incidents_only(state);
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

static int free_trace(void **state)
{
    buf_fini(&faults.trace);
    return 0;
}

#define IN_PLAIN(test) cmocka_unit_test_setup_teardown(test, lab_setup, plain_no_more)
#define IN_LAB(test) cmocka_unit_test_setup_teardown(test, lab_setup, lab_teardown)

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
        IN_PLAIN(killed_there_it_shows_whole_incidents_only),
        IN_LAB(the_probe_leaves_nothing_whichever_call_fails),
        IN_LAB(killed_at_any_call_it_shows_whole_incidents_only),
        IN_LAB(killed_in_a_release_it_is_released_or_not),
        IN_LAB(killed_in_a_deletion_it_is_whole_or_gone),
        IN_LAB(killed_while_it_makes_room_it_keeps_the_release),
        IN_LAB(whichever_call_of_a_deletion_fails_it_stays_or_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, free_trace);
}
