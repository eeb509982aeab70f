/* postern quarantine release, delete and expire while no service runs. */
#include "tests/unit/cmd/quarantine/quarantine_command.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char provider[] = "193.252.22.90:110";
static const char mail_bytes[] = "From: a\r\n\r\n\xff.\r\n";
static const struct span mail = {mail_bytes, sizeof mail_bytes - 1};

/* Releases the lock, as if the service were stopped. */
static void let_go(struct lab *lab)
{
    quarantine_free(&lab->quarantine);
}

static void what_changes_it_is_for_one_process_at_a_time(void **state)
{
    struct lab *lab = *state;

    assert_true(lab_store(lab, mail, provider, "christian"));
    assert_int_equal(command_id("-c % delete #", lab->id), CMD_FAILED);
    assert_non_null(strstr(command_err.p, "another process is using this quarantine"));
    assert_int_equal(command_out.n, 0);
    assert_true(lab_has(lab, lab->file));
}

static void releases_and_says_what_that_helps(void **state)
{
    struct lab *lab = *state;
    char wanted[200];

    lab->has_real_clock = true;
    assert_true(lab_store(lab, mail, provider, "christian"));
    let_go(lab);
    assert_int_equal(command_id("-c % release #", lab->file), CMD_DONE);
    snprintf(wanted, sizeof wanted, "%s: released for christian at %s until 2", lab->id, provider);
    assert_non_null(strstr(command_out.p, wanted));
    assert_non_null(
        strstr(command_out.p, "it is delivered when it is fetched again;\notherwise: postern quarantine export"));
    assert_int_equal(command("-c % list"), CMD_DONE);
    assert_non_null(strstr(command_out.p, "  released     "));
    assert_int_equal(command_id("-c % show #", lab->id), CMD_DONE);
    assert_non_null(strstr(command_out.p, "\nreleased until  2"));
    assert_non_null(strstr(command_out.p, "\nreleased to     its user\n"));
    assert_int_equal(command_id("-c % release # --everyone --json", lab->id), CMD_DONE);
    assert_non_null(strstr(command_out.p, "\"released_to\": \"everyone\""));
    assert_non_null(strstr(command_out.p, "\"user\": \"christian\""));
    assert_int_equal(command_id("-c % show # --json", lab->id), CMD_DONE);
    assert_non_null(strstr(command_out.p, "\"released_to\": \"everyone\""));
    assert_non_null(strstr(command_out.p, "\"released_until\": \"2"));
    lab_reopen(lab);
    assert_int_equal(lab_try(lab, mail, false, provider, "another"), QUARANTINE_RELEASED);
}

static void what_cannot_be_released_says_why(void **state)
{
    struct lab *lab = *state;

    assert_true(lab_store(lab, mail, provider, ""));
    let_go(lab);
    assert_int_equal(command_id("-c % release #", lab->id), CMD_FAILED);
    assert_non_null(strstr(command_err.p, "only be released for everyone"));
    assert_int_equal(command("-c % release xyz --json"), CMD_FAILED);
    assert_non_null(strstr(command_err.p, "no incident matches this id prefix"));
    assert_int_equal(command_out.n, 0);
    assert_int_equal(command("-c % release 0123456789abcdef0123456789abcdef0123.eml"), CMD_FAILED);
}

static void deletes_what_can_go_and_names_what_cannot(void **state)
{
    struct lab *lab = *state;
    char first[INCIDENT_ID_SIZE], words[200];

    assert_true(lab_store(lab, mail, provider, "christian"));
    memcpy(first, lab->id, sizeof first);
    assert_true(lab_store(lab, mail, provider, "another"));
    let_go(lab);
    snprintf(words, sizeof words, "-c %% delete --json %s xyz %s", first, lab->id);
    assert_int_equal(command(words), CMD_FAILED);
    assert_non_null(strstr(command_err.p, "xyz: no incident matches this id prefix"));
    assert_non_null(strstr(command_out.p, "\"deleted\": false"));
    assert_non_null(strstr(command_out.p, "\"freed_bytes\": 15"));
    assert_int_equal(lab_files(lab, ""), 0);
    assert_int_equal(command("-c % delete \xff --json"), CMD_FAILED);
    assert_non_null(strstr(command_out.p, "\"id\": null"));
}

static void expires_what_is_past_its_retention(void **state)
{
    struct lab *lab = *state;

    assert_true(lab_store(lab, mail, provider, "christian")); /* received before this boot */
    lab->has_real_clock = true;
    assert_true(lab_store(lab, SPAN("x"), provider, "christian"));
    let_go(lab);
    assert_int_equal(command("-c % expire"), CMD_DONE);
    assert_string_equal(command_out.p, "expired: 1, 15 bytes of originals\n");
    assert_int_equal(command("-c % expire --json"), CMD_DONE);
    assert_non_null(strstr(command_out.p, "\"removed\": 0"));
    assert_int_equal(lab_files(lab, ""), 2);
}

/* The keeper could not read files that root owns. */
static void root_writes_as_the_user_of_the_keeper(void **state)
{
    enum { NOBODY = 65534 };
    struct lab *lab = *state;
    struct stat facts;
    char path[200];
    FILE *conf;

    if (geteuid() != 0)
        skip();
    assert_true(lab_store(lab, mail, provider, "christian"));
    let_go(lab);
    assert_int_equal(chown(lab->directory, NOBODY, NOBODY), 0);
    snprintf(path, sizeof path, "%s/%s", lab->directory, lab->file);
    assert_int_equal(chown(path, NOBODY, NOBODY), 0);
    snprintf(path, sizeof path, "%s/%s.json", lab->directory, lab->id);
    assert_int_equal(chown(path, NOBODY, NOBODY), 0);
    conf = fopen(command_conf, "ae");
    fputs("user = nobody\n", conf);
    fclose(conf);
    assert_int_equal(command_id("-c % release #", lab->id), CMD_DONE);
    assert_int_equal(geteuid() + getegid(), 0);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_uid, NOBODY);
    assert_int_equal(facts.st_mode & 0777, 0600);
}

#define IN_LAB(test) cmocka_unit_test_setup_teardown(test, command_setup, command_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LAB(what_changes_it_is_for_one_process_at_a_time),
        IN_LAB(releases_and_says_what_that_helps),
        IN_LAB(what_cannot_be_released_says_why),
        IN_LAB(deletes_what_can_go_and_names_what_cannot),
        IN_LAB(expires_what_is_past_its_retention),
        IN_LAB(root_writes_as_the_user_of_the_keeper),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
