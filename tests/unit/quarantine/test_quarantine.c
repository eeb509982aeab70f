#include "tests/unit/quarantine/quarantine_lab.h"

#include "quarantine/quarantine_name.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char mail_bytes[] = "From: a\r\n\r\n\0\x1b[2J.\r\n..\r\n\xff\n";
static const struct span mail = {mail_bytes, sizeof mail_bytes - 1};
static const char provider[] = "193.252.22.90:110";

static void keeps_the_bytes_exactly_as_received(void **state)
{
    struct lab *lab = *state;
    struct buf bytes = {0};

    assert_true(lab_store(lab, mail, provider, "christian"));
    lab_read(lab, lab->file, &bytes);
    assert_true(span_eq(buf_span(&bytes), mail));
    assert_int_equal(lab_files(lab, ""), 2);
    buf_fini(&bytes);
}

static void files_are_private_and_named_by_the_id_alone(void **state)
{
    struct lab *lab = *state;
    struct stat facts;
    char path[200];

    assert_true(lab_store(lab, mail, provider, "../../etc/passwd"));
    assert_true(quarantine_is_id(lab->id));
    assert_true(quarantine_is_name(lab->file, ".eml"));
    assert_memory_equal(lab->file, lab->id, 32);
    snprintf(path, sizeof path, "%s/%s", lab->directory, lab->file);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode, S_IFREG | 0600);
    snprintf(path, sizeof path, "%s/%s.json", lab->directory, lab->id);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode, S_IFREG | 0600);
}

/* printf "abc" | sha256sum */
static void the_record_says_what_is_known(void **state)
{
    struct lab *lab = *state;
    struct quarantine_list list;
    char hex[2 * DIGEST_SIZE + 1];

    assert_true(lab_store(lab, SPAN("abc"), provider, "christian"));
    lab_list(lab, &list);
    assert_int_equal(list.n, 1);
    incident_sha256(&list.at[0], hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_string_equal(list.at[0].incident.id, lab->id);
    assert_string_equal(list.at[0].incident.file, lab->file);
    assert_string_equal(list.at[0].incident.verdict.name, "Worm.SomeFool.AA-2");
    assert_string_equal(list.at[0].incident.user, "christian");
    assert_string_equal(list.at[0].incident.server, provider);
    assert_int_equal(list.at[0].incident.size, 3);
    assert_int_equal(list.at[0].state, INCIDENT_QUARANTINED);
    assert_int_equal(list.at[0].count, 1);
    quarantine_list_fini(&list);
}

static void the_same_again_refreshes_its_incident(void **state)
{
    struct lab *lab = *state;
    struct incident incident = lab_incident(provider, "christian", mail.n);
    struct quarantine_list list;
    char id[INCIDENT_ID_SIZE];
    int fd = lab_message(mail);

    assert_true(lab_store(lab, mail, provider, "christian"));
    memcpy(id, lab->id, sizeof id);
    lab_reopen(lab);
    assert_true(lab_store(lab, mail, provider, "christian"));
    assert_string_equal(lab->id, id);
    lab_look(lab, incident.received_s + 60);
    assert_true(quarantine_store(lab->quarantine, fd, false, &incident, &lab->error));
    close(fd);
    assert_string_equal(incident.id, id);
    assert_string_equal(incident.file, lab->file);
    assert_int_equal(lab_files(lab, ""), 2);
    lab_list(lab, &list);
    assert_int_equal(list.n, 1);
    assert_int_equal(list.at[0].count, 3);
    assert_int_equal(list.at[0].incident.received_s, 1107610294);
    assert_int_equal(list.at[0].first_s, 1107610234);
    quarantine_list_fini(&list);
}

static void others_have_their_own_incident_of_the_same_bytes(void **state)
{
    struct lab *lab = *state;
    struct stat one, two;
    char path[200], first[INCIDENT_ID_SIZE];

    assert_true(lab_store(lab, mail, provider, "christian"));
    memcpy(first, lab->id, sizeof first);
    snprintf(path, sizeof path, "%s/%s", lab->directory, lab->file);
    assert_int_equal(stat(path, &one), 0);
    assert_true(lab_store(lab, mail, provider, "another"));
    assert_string_not_equal(lab->id, first);
    assert_true(lab_store(lab, mail, "[2001:db8:1::4]:110", "christian"));
    snprintf(path, sizeof path, "%s/%s", lab->directory, lab->file);
    assert_int_equal(stat(path, &two), 0);
    assert_int_equal(one.st_ino, two.st_ino);
    assert_int_equal(two.st_nlink, 3);
    assert_int_equal(lab_files(lab, ".json"), 3);
    assert_int_equal(lab_files(lab, ""), 6);
}

static void a_user_is_never_taken_for_the_end_of_a_server(void **state)
{
    struct lab *lab = *state;

    assert_true(lab_store(lab, mail, "192.0.2.1:110", "0"));
    assert_true(lab_store(lab, mail, "192.0.2.1:1100", ""));
    assert_int_equal(lab_files(lab, ".json"), 2);
}

static void a_size_that_lies_is_refused(void **state)
{
    struct lab *lab = *state;

    for (uint64_t size = 0; size < 10; size++) {
        struct incident incident = lab_incident(provider, "christian", size == 9 ? UINT64_MAX : size);
        int fd = lab_message(SPAN("12345"));

        for (int destroy = 0; destroy <= 1 && size != 5; destroy++) {
            buf_clear(&lab->error);
            assert_false(quarantine_store(lab->quarantine, fd, destroy, &incident, &lab->error));
            assert_true(lab->error.n > 0);
            assert_string_equal(incident.id, "");
        }
        close(fd);
    }
    assert_int_equal(lab_files(lab, ""), 0);
}

static void an_empty_message_is_a_message(void **state)
{
    struct lab *lab = *state;
    struct buf bytes = {0};

    assert_true(lab_store(lab, SPAN(""), provider, "christian"));
    lab_read(lab, lab->file, &bytes);
    assert_int_equal(bytes.n, 0);
    lab_reopen(lab);
    assert_int_equal(quarantine_count(lab->quarantine), 1);
    buf_fini(&bytes);
}

static void keeps_five_megabytes(void **state)
{
    struct lab *lab = *state;
    struct buf message = {0}, bytes = {0};

    for (uint32_t i = 0; message.n < 5u << 20; i++)
        buf_add_format(&message, "%x\r\n", i * 2654435761u);
    assert_true(lab_store(lab, buf_span(&message), provider, "christian"));
    lab_read(lab, lab->file, &bytes);
    assert_true(span_eq(buf_span(&bytes), buf_span(&message)));
    buf_fini(&bytes);
    buf_fini(&message);
}

static void what_is_no_file_is_refused(void **state)
{
    struct lab *lab = *state;
    struct incident incident = lab_incident(provider, "christian", 5);
    int ends[2], directory = open("/", O_RDONLY | O_CLOEXEC);

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], "12345", 5), 5);
    assert_false(quarantine_store(lab->quarantine, ends[0], false, &incident, &lab->error));
    assert_false(quarantine_store(lab->quarantine, directory, false, &incident, &lab->error));
    assert_false(quarantine_store(lab->quarantine, -1, false, &incident, &lab->error));
    assert_int_equal(lab_files(lab, ""), 0);
    close(ends[0]);
    close(ends[1]);
    close(directory);
}

static void what_is_destroyed_leaves_only_its_record(void **state)
{
    struct lab *lab = *state;
    struct quarantine_list list;

    assert_true(lab_destroy(lab, mail, "christian"));
    assert_true(quarantine_is_id(lab->id));
    assert_string_equal(lab->file, "");
    assert_true(lab_destroy(lab, mail, "christian"));
    assert_int_equal(lab_files(lab, ""), 1);
    lab_reopen(lab);
    lab_list(lab, &list);
    assert_int_equal(list.n, 1);
    assert_int_equal(list.at[0].state, INCIDENT_DESTROYED);
    assert_int_equal(list.at[0].count, 2);
    quarantine_list_fini(&list);
}

static void what_was_destroyed_is_kept_when_the_policy_changes(void **state)
{
    struct lab *lab = *state;
    char id[INCIDENT_ID_SIZE];

    assert_true(lab_destroy(lab, mail, "christian"));
    memcpy(id, lab->id, sizeof id);
    assert_true(lab_store(lab, mail, provider, "christian"));
    assert_string_not_equal(lab->id, id);
    assert_true(lab_has(lab, lab->file));
    assert_true(lab_destroy(lab, mail, "christian"));
    assert_string_equal(lab->id, id);
    assert_int_equal(lab_files(lab, ""), 3);
}

static void an_original_taken_away_by_hand_is_kept_anew(void **state)
{
    struct lab *lab = *state;
    struct quarantine_list list;
    char id[INCIDENT_ID_SIZE];

    assert_true(lab_store(lab, mail, provider, "christian"));
    memcpy(id, lab->id, sizeof id);
    lab_remove(lab, lab->file);
    assert_true(lab_store(lab, mail, provider, "christian"));
    assert_string_not_equal(lab->id, id);
    assert_true(lab_has(lab, lab->file));
    lab_list(lab, &list);
    assert_int_equal(list.n, 2);
    assert_int_equal((list.at[0].state == INCIDENT_MISSING) + (list.at[1].state == INCIDENT_MISSING), 1);
    quarantine_list_fini(&list);
}

static void an_original_cut_short_is_neither_shared_nor_written_over(void **state)
{
    struct lab *lab = *state;
    struct buf bytes = {0};
    char cut[64];

    assert_true(lab_store(lab, mail, provider, "christian"));
    memcpy(cut, lab->file, sizeof cut);
    lab_write(lab, cut, SPAN("cut"));
    assert_true(lab_store(lab, mail, provider, "another"));
    lab_read(lab, lab->file, &bytes);
    assert_true(span_eq(buf_span(&bytes), mail));
    buf_clear(&bytes);
    assert_true(lab_store(lab, mail, provider, "christian"));
    lab_read(lab, lab->file, &bytes);
    assert_true(span_eq(buf_span(&bytes), mail));
    buf_clear(&bytes);
    lab_read(lab, cut, &bytes);
    assert_true(span_eq(buf_span(&bytes), SPAN("cut")));
    buf_fini(&bytes);
}

static void a_record_taken_away_by_hand_is_written_anew(void **state)
{
    struct lab *lab = *state;
    char name[QUARANTINE_NAME_SIZE];

    assert_true(lab_store(lab, mail, provider, "christian"));
    quarantine_name(name, lab->id, QUARANTINE_RECORD);
    lab_remove(lab, name);
    assert_true(lab_store(lab, mail, provider, "christian"));
    quarantine_name(name, lab->id, QUARANTINE_RECORD);
    assert_true(lab_has(lab, name));
    assert_true(lab_has(lab, lab->file));
}

#define HEX(digit) digit digit digit digit digit digit digit digit
#define ID(digit) HEX(digit) HEX(digit) HEX(digit) HEX(digit)

/* The states between the steps of a store, as a power failure leaves them. */
static void a_crash_leaves_nothing_that_shows(void **state)
{
    struct lab *lab = *state;
    struct quarantine_list list;

    assert_true(lab_store(lab, mail, provider, "christian"));
    lab_write(lab, ID("a") ".tmp", SPAN("half a mes"));
    lab_write(lab, ID("b") ".eml", mail);
    lab_write(lab, ID("c") ".tmp", SPAN("{\"id\":"));
    lab_list(lab, &list);
    assert_int_equal(list.n, 1);
    assert_int_equal(list.unreadable, 0);
    quarantine_list_fini(&list);
    lab_reopen(lab);
    assert_int_equal(lab_files(lab, ""), 2);
    assert_true(lab_has(lab, lab->file));
}

static void names_that_are_not_ours_are_left_alone(void **state)
{
    struct lab *lab = *state;
    static const char *const names[] = {"README",        ".hidden",          "p3scan.ZzReH5",
                                        "a.eml",         ID("A") ".eml",     ID("a") "a.tmp",
                                        ID("a") ".tmp~", "x" ID("a") ".eml", ID("a")};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        lab_write(lab, names[i], SPAN("mine"));
    lab_reopen(lab);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_true(lab_has(lab, names[i]));
}

static void an_original_with_a_damaged_record_is_not_swept(void **state)
{
    struct lab *lab = *state;
    struct quarantine_list list;

    lab_write(lab, ID("a") ".eml", mail);
    lab_write(lab, ID("a") ".json", SPAN("{\"id\": \"" ID("b") "\"}"));
    lab_reopen(lab);
    assert_true(lab_has(lab, ID("a") ".eml"));
    lab_list(lab, &list);
    assert_int_equal(list.n, 0);
    assert_int_equal(list.unreadable, 1);
    quarantine_list_fini(&list);
}

static void a_record_under_another_id_is_not_believed(void **state)
{
    struct lab *lab = *state;
    struct quarantine_list list;
    struct buf record = {0};
    char name[QUARANTINE_NAME_SIZE];

    assert_true(lab_store(lab, mail, provider, "christian"));
    quarantine_name(name, lab->id, QUARANTINE_RECORD);
    lab_read(lab, name, &record);
    lab_write(lab, ID("a") ".json", buf_span(&record));
    lab_list(lab, &list);
    assert_int_equal(list.n, 1);
    assert_int_equal(list.unreadable, 1);
    quarantine_list_fini(&list);
    buf_fini(&record);
}

static void a_fifo_or_a_link_holds_no_reader_up(void **state)
{
    struct lab *lab = *state;
    struct quarantine_list list;
    char path[200];

    snprintf(path, sizeof path, "%s/" ID("a") ".json", lab->directory);
    assert_int_equal(mkfifo(path, 0600), 0);
    snprintf(path, sizeof path, "%s/" ID("b") ".json", lab->directory);
    assert_int_equal(symlink("/etc/hostname", path), 0);
    lab_reopen(lab);
    lab_list(lab, &list);
    assert_int_equal(list.n, 0);
    assert_int_equal(list.unreadable, 2);
    quarantine_list_fini(&list);
}

static void a_second_writer_is_refused(void **state)
{
    struct lab *lab = *state;
    struct buf error = {0};

    assert_null(quarantine_open(lab->directory, &error));
    assert_non_null(strstr(buf_c_str(&error), lab->directory));
    buf_fini(&error);
}

static void lists_newest_first_and_finds_by_the_start_of_an_id(void **state)
{
    struct lab *lab = *state;
    struct quarantine_list list;
    size_t matches;
    char prefix[INCIDENT_ID_SIZE];

    for (int i = 0; i < 40; i++) {
        struct incident incident = lab_incident(provider, "christian", 2);
        char text[3] = {(char)('a' + i / 10), (char)('0' + i % 10)};
        int fd = lab_message((struct span){text, 2});

        lab_look(lab, incident.received_s + (i * 17) % 40);
        assert_true(quarantine_store(lab->quarantine, fd, false, &incident, &lab->error));
        close(fd);
    }
    lab_list(lab, &list);
    assert_int_equal(list.n, 40);
    for (size_t i = 1; i < list.n; i++)
        assert_true(list.at[i - 1].incident.received_s > list.at[i].incident.received_s);
    assert_ptr_equal(quarantine_list_find(&list, list.at[7].incident.id, &matches), &list.at[7]);
    snprintf(prefix, sizeof prefix, "%.20s", list.at[7].incident.id);
    assert_ptr_equal(quarantine_list_find(&list, prefix, &matches), &list.at[7]);
    assert_null(quarantine_list_find(&list, "", &matches));
    assert_null(quarantine_list_find(&list, "xyz", &matches));
    assert_int_equal(matches, 0);
    quarantine_list_fini(&list);
}

static void the_start_of_two_ids_finds_neither(void **state)
{
    struct incident_record records[3] = {
        {.incident.id = ID("a")}, {.incident.id = ID("b")}, {.incident.id = "aab"}};
    struct quarantine_list list = {3, records, 0};
    size_t matches;

    assert_null(quarantine_list_find(&list, "aa", &matches));
    assert_int_equal(matches, 2);
    assert_ptr_equal(quarantine_list_find(&list, "aaa", &matches), &records[0]);
    assert_ptr_equal(quarantine_list_find(&list, "b", &matches), &records[1]);
}

static void a_directory_that_everybody_may_write_is_refused(void **state)
{
    struct lab *lab = *state;
    struct quarantine *quarantine;

    quarantine_free(&lab->quarantine);
    assert_int_equal(chmod(lab->directory, 0757), 0);
    assert_null(quarantine_open(lab->directory, &lab->error));
    assert_non_null(strstr(buf_c_str(&lab->error), lab->directory));
    assert_non_null(strstr(buf_c_str(&lab->error), "the directory is world-writable"));
    assert_int_equal(chmod(lab->directory, 0755), 0);
    quarantine = quarantine_open(lab->directory, &lab->error);
    assert_non_null(quarantine);
    quarantine_free(&quarantine);
}

#define IN_LAB(test) cmocka_unit_test_setup_teardown(test, lab_setup, lab_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LAB(keeps_the_bytes_exactly_as_received),
        IN_LAB(files_are_private_and_named_by_the_id_alone),
        IN_LAB(the_record_says_what_is_known),
        IN_LAB(the_same_again_refreshes_its_incident),
        IN_LAB(others_have_their_own_incident_of_the_same_bytes),
        IN_LAB(a_user_is_never_taken_for_the_end_of_a_server),
        IN_LAB(a_size_that_lies_is_refused),
        IN_LAB(an_empty_message_is_a_message),
        IN_LAB(keeps_five_megabytes),
        IN_LAB(what_is_no_file_is_refused),
        IN_LAB(what_is_destroyed_leaves_only_its_record),
        IN_LAB(what_was_destroyed_is_kept_when_the_policy_changes),
        IN_LAB(an_original_taken_away_by_hand_is_kept_anew),
        IN_LAB(an_original_cut_short_is_neither_shared_nor_written_over),
        IN_LAB(a_record_taken_away_by_hand_is_written_anew),
        IN_LAB(a_crash_leaves_nothing_that_shows),
        IN_LAB(names_that_are_not_ours_are_left_alone),
        IN_LAB(an_original_with_a_damaged_record_is_not_swept),
        IN_LAB(a_record_under_another_id_is_not_believed),
        IN_LAB(a_fifo_or_a_link_holds_no_reader_up),
        IN_LAB(a_second_writer_is_refused),
        IN_LAB(a_directory_that_everybody_may_write_is_refused),
        IN_LAB(lists_newest_first_and_finds_by_the_start_of_an_id),
        cmocka_unit_test(the_start_of_two_ids_finds_neither),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
