#include "tests/unit/cmd/quarantine/quarantine_command.h"

#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/quarantine/quarantine_print.h"
#include "quarantine/quarantine_name.h"

#include <fcntl.h>
#include <locale.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char provider[] = "193.252.22.90:110";
static const char mail_bytes[] = "From: a\r\n\r\n\xff.\r\n";
static const struct span mail = {mail_bytes, sizeof mail_bytes - 1};

static void lists_nothing_of_an_empty_quarantine(void **state)
{
    assert_int_equal(command("-c % list"), CMD_DONE);
    assert_int_equal(command_out.n + command_err.n, 0);
    assert_int_equal(command("-c % list --json"), CMD_DONE);
    assert_string_equal(command_out.p, "[]\n");
}

static void lists_a_line_an_incident(void **state)
{
    struct lab *lab = *state;
    char wanted[200];

    assert_true(lab_store(lab, mail, provider, "christian"));
    assert_int_equal(command("list -c %"), CMD_DONE);
    snprintf(
        wanted, sizeof wanted,
        "ID        RECEIVED (UTC)    STATE        WHAT                  USER             SENDER\n"
        "%.8s  2005-02-05 13:30  quarantined  Worm.SomeFool.AA-2    christian        webmaster@example.or\n",
        lab->id);
    assert_string_equal(command_out.p, wanted);
}

static void lists_a_file_by_the_end_of_its_name(void **state)
{
    struct lab *lab = *state;
    char wanted[400];
    char id[INCIDENT_ID_SIZE];

    assert_int_equal(lab_try_file(lab, mail, "/pub/a directory/setup.exe", "193.252.22.90:21", "christian"),
                     QUARANTINE_STORED);
    memcpy(id, lab->id, sizeof id);
    assert_int_equal(command("list -c %"), CMD_DONE);
    snprintf(
        wanted, sizeof wanted,
        "ID        RECEIVED (UTC)    STATE        WHAT                  USER             SENDER OR FILE\n"
        "%.8s  2005-02-05 13:30  quarantined  Worm.SomeFool.AA-2    christian        setup.exe\n",
        id);
    assert_string_equal(command_out.p, wanted);
    assert_int_equal(lab_try_file(lab, mail, "http://example.org/pub/", "193.252.22.90:80", "christian"),
                     QUARANTINE_STORED);
    assert_int_equal(command("list -c %"), CMD_DONE);
    assert_non_null(strstr(command_out.p, "  http://example.org/p\n")); /* as much of it as fits */
}

static void shows_what_a_file_is_and_nothing_of_mail(void **state)
{
    struct lab *lab = *state;

    assert_int_equal(lab_try_file(lab, mail, "/pub/setup.exe", "193.252.22.90:21", "christian"),
                     QUARANTINE_STORED);
    assert_int_equal(command_id("-c % show #", lab->id), CMD_DONE);
    assert_non_null(strstr(command_out.p, "kind            file\n"
                                          "name            /pub/setup.exe\n"
                                          "direction       download\n"
                                          "protocol        FTP\n"));
    assert_null(strstr(command_out.p, "sender"));
    assert_null(strstr(command_out.p, "uidl"));
    assert_int_equal(command_id("-c % show # --json", lab->id), CMD_DONE);
    assert_non_null(strstr(command_out.p, "\"kind\": \"file\""));
    assert_non_null(strstr(command_out.p, "\"name\": \"/pub/setup.exe\""));
    assert_int_equal(command_id("-c % export #", lab->id), CMD_DONE);
    assert_true(span_eq(buf_span(&command_out), mail));
}

static void shows_by_the_start_of_the_id_and_by_the_file_name(void **state)
{
    struct lab *lab = *state;
    char start[5];

    assert_true(lab_store(lab, mail, provider, "christian"));
    snprintf(start, sizeof start, "%.4s", lab->id);
    assert_int_equal(command_id("-c % show #", start), CMD_DONE);
    assert_non_null(strstr(command_out.p, lab->id));
    assert_non_null(strstr(command_out.p, "server          193.252.22.90:110\n"));
    assert_non_null(strstr(command_out.p, "size            15 bytes\n"));
    assert_non_null(strstr(command_out.p, "first received  2005-02-05T13:30:34Z\n"));
    assert_int_equal(command_id("-c % show #", lab->file), CMD_DONE);
    assert_non_null(strstr(command_out.p, lab->id));
    assert_int_equal(command_id("-c % show # --json", lab->id), CMD_DONE);
    assert_non_null(strstr(command_out.p, "\"virus\": \"Worm.SomeFool.AA-2\""));
}

static void exports_the_original_byte_for_byte(void **state)
{
    struct lab *lab = *state;

    assert_true(lab_store(lab, mail, provider, "christian"));
    assert_int_equal(command_id("-c % export #", lab->id), CMD_DONE);
    assert_true(span_eq(buf_span(&command_out), mail));
    assert_int_equal(command_id("-c % export -o - #", lab->id), CMD_DONE);
    assert_true(span_eq(buf_span(&command_out), mail));
}

static void exports_into_a_new_private_file_only(void **state)
{
    struct lab *lab = *state;
    struct buf words = {0}, bytes = {0};
    struct stat facts;
    char path[100];

    assert_true(lab_store(lab, mail, provider, "christian"));
    snprintf(path, sizeof path, "%s/exported", lab->directory);
    buf_add_format(&words, "-c %% export %s -o %s", lab->id, path);
    assert_int_equal(command(buf_c_str(&words)), CMD_DONE);
    assert_int_equal(command_out.n + command_err.n, 0);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode, S_IFREG | 0600);
    lab_read(lab, "exported", &bytes);
    assert_true(span_eq(buf_span(&bytes), mail));
    assert_int_equal(command(buf_c_str(&words)), CMD_FAILED);
    assert_non_null(strstr(command_err.p, path));
    assert_non_null(strstr(command_err.p, "File exists"));
    lab_remove(lab, "exported");
    buf_add(&words, SPAN(" --json"));
    assert_int_equal(command(buf_c_str(&words)), CMD_DONE);
    assert_non_null(strstr(command_out.p, "\"exported\": \""));
    buf_fini(&words);
    buf_fini(&bytes);
}

static void a_damaged_original_is_not_exported(void **state)
{
    struct lab *lab = *state;
    struct buf words = {0};

    assert_true(lab_store(lab, SPAN("123456"), provider, "christian"));
    lab_write(lab, lab->file, SPAN("123457"));
    buf_add_format(&words, "-c %% export %s -o %s/exported", lab->id, lab->directory);
    assert_int_equal(command(buf_c_str(&words)), CMD_FAILED);
    assert_non_null(strstr(command_err.p, "damaged"));
    assert_false(lab_has(lab, "exported"));
    lab_write(lab, lab->file, SPAN("short"));
    assert_int_equal(command(buf_c_str(&words)), CMD_FAILED);
    assert_non_null(strstr(command_err.p, "no longer in the quarantine"));
    buf_fini(&words);
}

static void what_was_destroyed_is_shown_but_not_exported(void **state)
{
    struct lab *lab = *state;

    assert_true(lab_destroy(lab, mail, "christian"));
    assert_int_equal(command_id("-c % show #", lab->id), CMD_DONE);
    assert_non_null(strstr(command_out.p, "state           destroyed\nfile            -\n"));
    assert_int_equal(command_id("-c % export #", lab->id), CMD_FAILED);
    assert_int_equal(command_out.n, 0);
    assert_non_null(strstr(command_err.p, "destroyed"));
}

static void a_terminal_gets_no_mail_unless_forced(void **state)
{
    struct lab *lab = *state;
    struct buf words = {0};
    char got[64];
    int master, slave;

    assert_true(lab_store(lab, SPAN("ding\a"), provider, "christian"));
    assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
    assert_int_equal(fcntl(master, F_SETFL, O_NONBLOCK), 0);
    buf_add_format(&words, "-c %% export %s", lab->id);
    assert_int_equal(command_onto(slave, buf_c_str(&words)), CMD_FAILED);
    assert_non_null(strstr(command_err.p, "is a terminal"));
    assert_int_equal(read(master, got, sizeof got), -1);
    buf_add(&words, SPAN(" --force"));
    assert_int_equal(command_onto(slave, buf_c_str(&words)), CMD_DONE);
    assert_int_equal(read(master, got, sizeof got), 5);
    close(master);
    close(slave);
    buf_fini(&words);
}

static bool is_safe(struct span text)
{
    for (uint32_t code = 0; text.n;) {
        size_t n = text_char(text, &code);

        if (n == 0 || (code < ' ' && code != '\n') || (code >= 0x7f && code < 0xa0) || code == 0x202e)
            return false;
        text = span_from(text, n);
    }
    return true;
}

/* A record edited by hand; the keeper never writes such a one. */
static void control_characters_never_get_out(void **state)
{
    static const char *const runs[] = {"-c % list", "-c % show 0", "-c % list --json", "-c % show --json 0"};
    static const char id[] = "0123456789abcdef0123456789abcdef";
    struct lab *lab = *state;
    struct incident_record record = {.incident = lab_incident(provider, "a\tb\r\nc\x1b]0;x\a", 1),
                                     .count = 1};
    struct buf text = {0};

    snprintf(record.incident.id, sizeof record.incident.id, "%s", id);
    record.state = INCIDENT_DESTROYED;
    snprintf(record.incident.verdict.name, sizeof record.incident.verdict.name, "\x1b[2Jx");
    snprintf(record.incident.facts.from, sizeof record.incident.facts.from,
             "\xc2\x9b"
             "2J\x7f");
    snprintf(record.incident.facts.subject, sizeof record.incident.facts.subject,
             "\xe2\x80\xae"
             "gpj.exe\b");
    incident_json_write(&record, &text);
    lab_write(lab, "0123456789abcdef0123456789abcdef.json", buf_span(&text));
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        assert_int_equal(command(runs[i]), CMD_DONE);
        assert_true(command_out.n > 0);
        assert_true(is_safe(buf_span(&command_out)));
        assert_int_equal(command_err.n, 0);
    }
    buf_fini(&text);
}

/* The width of the longest line in terminal cells: wide characters take two. */
static void lines_keep_to_a_hundred_columns_with_any_script(void **state)
{
    struct incident_record records[2] = {{.incident = lab_incident(provider, "", 1)},
                                         {.incident = lab_incident(provider, "", 1)}};
    struct quarantine_list list = {2, records, 0};
    struct buf text = {0};
    const char *second, *third;

    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    memset(records[0].incident.id, 'a', 32);
    memset(records[1].incident.id, 'a', 31);
    records[1].incident.id[8] = 'b';
    for (int i = 0; i < 20; i++) {
        memcpy(records[0].incident.user + 3 * i, "漢", 3);
        memcpy(records[1].incident.user + 2 * i, "é", 2);
    }
    memset(records[0].incident.facts.from, 's', 200);
    quarantine_print_list(&list, false, &text);
    second = strchr(buf_c_str(&text), '\n') + 1;
    third = strchr(second, '\n') + 1;
    assert_non_null(strstr(second, "漢漢漢漢漢漢漢   ssssssssssssssssssss\n"));
    assert_non_null(strstr(third, "ééééééééééééééé  webmaster"));
    assert_memory_equal(second, "aaaaaaaaa  ", 11);
    assert_memory_equal(third, "aaaaaaaab  ", 11);
    buf_clear(&text);
    quarantine_print_list(&list, true, &text);
    assert_true(text_is_ascii(buf_span(&text)));
    assert_non_null(strstr(buf_c_str(&text), "???????????????  sss"));
    buf_fini(&text);
}

static void ids_that_fit_none_or_two_are_refused(void **state)
{
    struct lab *lab = *state;

    for (char c = 'a'; c < 'a' + 17; c++)
        assert_true(lab_store(lab, (struct span){&c, 1}, provider, "christian"));
    for (int digit = 0, refused = 0; digit < 16; digit++) {
        char start[2] = {"0123456789abcdef"[digit]};

        refused +=
            command_id("-c % show #", start) == CMD_FAILED && strstr(command_err.p, "several incidents") ? 1
                                                                                                         : 0;
        assert_true(digit < 15 || refused > 0);
    }
    assert_int_equal(command("-c % show xyz"), CMD_FAILED);
    assert_non_null(strstr(command_err.p, lab->directory));
    assert_int_equal(command("-c % export ../../etc/passwd"), CMD_FAILED);
}

static void what_makes_no_sense_is_a_matter_of_usage(void **state)
{
    static const char *const runs[] = {"-c %",
                                       "-c % present 1",
                                       "-c % show",
                                       "-c % list 1",
                                       "-c % show 1 2",
                                       "--nonsense",
                                       "-c % show 1 -o x",
                                       "-c % export 1 --json",
                                       "-c % show ",
                                       "-c % release",
                                       "-c % delete",
                                       "-c % expire 1",
                                       "-c % release 1 2",
                                       "-c % delete 1 --everyone",
                                       "-c % list --everyone",
                                       "-c % delete 1 "};

    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        assert_int_equal(command(runs[i]), CMD_USAGE);
        assert_int_equal(command_out.n, 0);
        assert_true(command_err.n > 0);
    }
    assert_int_equal(command("present 1"), CMD_USAGE);
    assert_non_null(
        strstr(command_err.p,
               "present: unknown verb; the verbs are list, show, export, release, delete and expire"));
}

static void help_is_given_without_a_configuration(void **state)
{
    assert_int_equal(command("--help -c /nonexistent"), CMD_DONE);
    assert_non_null(strstr(command_out.p, "usage: postern quarantine"));
    assert_int_equal(command_err.n, 0);
}

static void what_cannot_be_read_is_named(void **state)
{
    struct lab *lab = *state;
    char moved[100];

    assert_int_equal(command("-c /nonexistent.conf list"), CMD_FAILED);
    assert_non_null(strstr(command_err.p, "/nonexistent.conf"));
    lab_write(lab, "0123456789abcdef0123456789abcdef.json", SPAN("{"));
    assert_int_equal(command("-c % list"), CMD_DONE);
    assert_non_null(strstr(command_err.p, "unreadable records: 1"));
    snprintf(moved, sizeof moved, "%s.moved", lab->directory);
    assert_int_equal(rename(lab->directory, moved), 0);
    assert_int_equal(command("-c % list"), CMD_FAILED);
    assert_non_null(strstr(command_err.p, lab->directory));
    assert_non_null(strstr(command_err.p, "No such file or directory"));
    assert_int_equal(rename(moved, lab->directory), 0);
}

#define IN_LAB(test) cmocka_unit_test_setup_teardown(test, command_setup, command_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LAB(lists_nothing_of_an_empty_quarantine),
        IN_LAB(lists_a_line_an_incident),
        IN_LAB(lists_a_file_by_the_end_of_its_name),
        IN_LAB(shows_what_a_file_is_and_nothing_of_mail),
        IN_LAB(shows_by_the_start_of_the_id_and_by_the_file_name),
        IN_LAB(exports_the_original_byte_for_byte),
        IN_LAB(exports_into_a_new_private_file_only),
        IN_LAB(a_damaged_original_is_not_exported),
        IN_LAB(what_was_destroyed_is_shown_but_not_exported),
        IN_LAB(a_terminal_gets_no_mail_unless_forced),
        IN_LAB(control_characters_never_get_out),
        cmocka_unit_test(lines_keep_to_a_hundred_columns_with_any_script),
        IN_LAB(ids_that_fit_none_or_two_are_refused),
        IN_LAB(what_makes_no_sense_is_a_matter_of_usage),
        IN_LAB(help_is_given_without_a_configuration),
        IN_LAB(what_cannot_be_read_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
