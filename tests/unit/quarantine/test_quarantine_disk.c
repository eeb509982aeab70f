/* A quarantine on a disk that is full, read-only, or truncates a file: a small tmpfs in a mount namespace, if
 * the machine permits one. */
#include "tests/unit/quarantine/quarantine_lab.h"

#include "quarantine/quarantine_name.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

enum { DISK_BYTES = 262144 };

static const char provider[] = "193.252.22.90:110";
static bool has_namespace;

static bool say(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    return file && fputs(text, file) >= 0 && fclose(file) == 0;
}

/* Without root: in a user namespace we keep our identity but may mount. */
static bool enter_user_namespace(void)
{
    char users[40], groups[40];

    snprintf(users, sizeof users, "%u %u 1", (unsigned)geteuid(), (unsigned)geteuid());
    snprintf(groups, sizeof groups, "%u %u 1", (unsigned)getegid(), (unsigned)getegid());
    return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && say("/proc/self/setgroups", "deny") &&
           say("/proc/self/uid_map", users) && say("/proc/self/gid_map", groups);
}

static int enter_namespace(void **state)
{
    has_namespace = (unshare(CLONE_NEWNS) == 0 || enter_user_namespace()) &&
                    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
    if (!has_namespace)
        print_message("no mount namespace here: the tests of a full and of a read-only disk are skipped\n");
    return 0;
}

static int setup_disk(void **state)
{
    struct lab *lab;

    if (!has_namespace)
        return 0;
    lab_setup(state);
    lab = *state;
    assert_int_equal(mount("tmpfs", lab->directory, "tmpfs", 0, "size=256k,mode=0700"), 0);
    lab_reopen(lab);
    return 0;
}

static int teardown_disk(void **state)
{
    struct lab *lab = *state;

    if (!has_namespace)
        return 0;
    quarantine_free(&lab->quarantine);
    assert_int_equal(umount(lab->directory), 0);
    return lab_teardown(state);
}

static void need_disk(void)
{
    if (!has_namespace)
        skip();
}

static struct span message_of(size_t n)
{
    char *bytes = mem_alloc_zero(n);

    memset(bytes, 'x', n);
    return (struct span){bytes, n};
}

static void a_message_that_does_not_fit_leaves_nothing(void **state)
{
    struct lab *lab = *state;
    struct span big;

    need_disk();
    big = message_of(2 * DISK_BYTES);
    assert_false(lab_store(lab, big, provider, "christian"));
    assert_non_null(strstr(buf_c_str(&lab->error), "No space left on device"));
    assert_string_equal(lab->id, "");
    assert_int_equal(lab_files(lab, ""), 0);
    assert_true(lab_store(lab, SPAN("small"), provider, "christian"));
    free((char *)big.p);
}

/* There is room for the original but not for its record: the original is removed again. */
static void a_record_that_does_not_fit_takes_the_original_back(void **state)
{
    struct lab *lab = *state;
    struct span exact;

    need_disk();
    exact = message_of(DISK_BYTES);
    assert_false(lab_store(lab, exact, provider, "christian"));
    assert_non_null(strstr(buf_c_str(&lab->error), "writing the record: No space left on device"));
    assert_int_equal(lab_files(lab, ""), 0);
    free((char *)exact.p);
}

static void a_full_disk_refuses_what_it_holds_and_works_again_when_there_is_room(void **state)
{
    struct lab *lab = *state;
    struct span filler;
    struct quarantine_list list;
    char id[INCIDENT_ID_SIZE];

    need_disk();
    filler = message_of(DISK_BYTES);
    assert_true(lab_store(lab, SPAN("mail"), provider, "christian"));
    memcpy(id, lab->id, sizeof id);
    lab_write(lab, "filler", (struct span){filler.p, DISK_BYTES - 2 * 4096});
    assert_false(lab_store(lab, SPAN("mail"), provider, "christian"));
    assert_false(lab_store(lab, SPAN("other"), provider, "christian"));
    assert_int_equal(lab_files(lab, ""), 3);
    lab_list(lab, &list);
    assert_int_equal(list.n, 1);
    assert_int_equal(list.at[0].count, 1);
    quarantine_list_fini(&list);
    lab_remove(lab, "filler");
    assert_true(lab_store(lab, SPAN("mail"), provider, "christian"));
    assert_string_equal(lab->id, id);
    assert_true(lab_store(lab, SPAN("other"), provider, "christian"));
    free((char *)filler.p);
}

static void what_is_to_be_destroyed_needs_no_room(void **state)
{
    struct lab *lab = *state;
    struct span filler;

    need_disk();
    filler = message_of(DISK_BYTES);
    lab_write(lab, "filler", filler);
    assert_true(lab_destroy(lab, SPAN("mail"), "christian"));
    assert_true(quarantine_is_id(lab->id));
    assert_string_equal(lab->file, "");
    assert_non_null(strstr(buf_c_str(&lab->error), "No space left on device"));
    assert_int_equal(lab_files(lab, ""), 1);
    free((char *)filler.p);
}

static void a_read_only_disk_refuses_and_works_again_when_it_is_not(void **state)
{
    struct lab *lab = *state;

    need_disk();
    assert_true(lab_store(lab, SPAN("mail"), provider, "christian"));
    lab_write(lab, "00000000000000000000000000000000.tmp", SPAN("left"));
    assert_int_equal(mount(NULL, lab->directory, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    assert_false(lab_store(lab, SPAN("mail"), provider, "christian"));
    assert_false(lab_store(lab, SPAN("other"), provider, "christian"));
    assert_non_null(strstr(buf_c_str(&lab->error), "Read-only file system"));
    lab_reopen(lab);
    assert_int_equal(quarantine_count(lab->quarantine), 1);
    assert_int_equal(mount(NULL, lab->directory, NULL, MS_REMOUNT, "size=256k"), 0);
    assert_true(lab_store(lab, SPAN("other"), provider, "christian"));
    assert_true(lab_store(lab, SPAN("mail"), provider, "christian"));
    assert_int_equal(lab_files(lab, ".json"), 2);
}

static void what_has_to_stay_free_stays_free(void **state)
{
    enum { MESSAGE_BYTES = 50000 };
    struct lab *lab = *state;
    struct span messages[3];
    struct quarantine_answer answer;
    char first[INCIDENT_ID_SIZE];

    need_disk();
    for (size_t i = 0; i < 3; i++)
        messages[i] = message_of(MESSAGE_BYTES - i);
    lab_limit(lab, &(struct quarantine_limits){.min_free_bytes = DISK_BYTES / 2, .release_s = 60});
    assert_true(lab_store(lab, messages[0], provider, "christian"));
    memcpy(first, lab->id, sizeof first);
    assert_true(lab_store(lab, messages[1], provider, "christian"));
    assert_false(lab_store(lab, messages[2], provider, "christian"));
    assert_non_null(strstr(buf_c_str(&lab->error), "min_free_bytes"));
    assert_int_equal(lab_files(lab, ""), 4);
    assert_true(lab_store(lab, messages[1], provider, "another")); /* the bytes are already stored */
    lab->now_s = lab_incident(provider, "", 0).received_s;
    assert_true(lab_ask(lab, QUARANTINE_RELEASE, first, false, &answer));
    assert_true(lab_store(lab, messages[2], provider, "christian"));
    assert_int_equal(lab_try(lab, messages[0], false, provider, "christian"), QUARANTINE_RELEASED);
    assert_int_equal(lab_files(lab, ".eml"), 3);
    for (int i = 0; i < 3; i++)
        free((char *)messages[i].p);
}

static void a_read_only_disk_lets_nothing_go(void **state)
{
    struct lab *lab = *state;
    struct quarantine_answer answer;

    need_disk();
    assert_true(lab_store(lab, SPAN("mail"), provider, "christian"));
    lab_limit(lab, &(struct quarantine_limits){.retention_s = 1, .release_s = 60});
    lab->now_s = lab_incident(provider, "", 0).received_s + 1;
    assert_int_equal(mount(NULL, lab->directory, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    for (int verb = 0; verb < QUARANTINE_VERB_COUNT; verb++) {
        assert_false(lab_ask(lab, (enum quarantine_verb)verb, verb == QUARANTINE_EXPIRE ? "" : lab->id, false,
                             &answer));
        assert_non_null(strstr(answer.text, "Read-only file system"));
    }
    assert_int_equal(quarantine_count(lab->quarantine), 1);
    assert_int_equal(mount(NULL, lab->directory, NULL, MS_REMOUNT, "size=256k"), 0);
    assert_int_equal(lab_try(lab, SPAN("mail"), false, provider, "christian"), QUARANTINE_STORED);
    assert_int_equal(lab_files(lab, ""), 2);
    lab->now_s++;
    assert_true(lab_ask(lab, QUARANTINE_EXPIRE, "", false, &answer));
    assert_int_equal(answer.removed, 1);
}

static bool store_within(struct lab *lab, int fd, uint64_t size, rlim_t most)
{
    struct incident incident = lab_incident(provider, "christian", size);
    struct rlimit before, limit;
    bool stored;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = (struct rlimit){most, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    stored = quarantine_store(lab->quarantine, fd, false, &incident, &lab->error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    return stored;
}

/* Needs no namespace: the kernel accepts only the first bytes. */
static void a_file_that_is_cut_short_by_a_limit_is_not_kept(void **state)
{
    struct lab *lab = *state;
    struct span message = message_of(5000);
    int fd = lab_message(message);

    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t most = 0; most < 5400; most += 300) {
        assert_int_equal(store_within(lab, fd, message.n, most), most >= message.n);
        assert_int_equal(lab_files(lab, ""), most >= message.n ? 2 : 0);
    }
    close(fd);
    free((char *)message.p);
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, setup_disk, teardown_disk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(a_message_that_does_not_fit_leaves_nothing),
        ON_DISK(a_record_that_does_not_fit_takes_the_original_back),
        ON_DISK(a_full_disk_refuses_what_it_holds_and_works_again_when_there_is_room),
        ON_DISK(what_is_to_be_destroyed_needs_no_room),
        ON_DISK(a_read_only_disk_refuses_and_works_again_when_it_is_not),
        ON_DISK(what_has_to_stay_free_stays_free),
        ON_DISK(a_read_only_disk_lets_nothing_go),
        cmocka_unit_test_setup_teardown(a_file_that_is_cut_short_by_a_limit_is_not_kept, lab_setup,
                                        lab_teardown),
    };
    return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
