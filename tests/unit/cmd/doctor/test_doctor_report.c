#include "cmd/doctor/doctor_report.h"

#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

__attribute__((format(printf, 5, 6))) static void add(struct doctor_report *report, const char *link,
                                                      enum doctor_state state, const char *remedy,
                                                      const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    doctor_report_add(report, link, state, remedy, format, arguments);
    va_end(arguments);
}

static void prints_to(struct doctor_report *report, const char *wanted)
{
    struct buf out = {0};

    doctor_report_print(report, &out);
    assert_string_equal(buf_c_str(&out), wanted);
    buf_fini(&out);
    doctor_report_fini(report);
}

static void prints_a_line_a_link_and_a_sum(void **state)
{
    struct doctor_report report = {0};

    add(&report, "time", DOCTOR_OK, NULL, "the clock is kept");
    add(&report, "service", DOCTOR_FAULT, "start it", "does %s run", "not");
    add(&report, "spool", DOCTOR_UNCHECKED, NULL, "needs root");
    add(&report, "notice", DOCTOR_WARNING, NULL, "old");
    assert_int_equal(doctor_report_status(&report), DOCTOR_STATUS_FAULT);
    prints_to(&report, "ok           time     the clock is kept\n"
                       "fault        service  does not run; start it\n"
                       "not checked  spool    needs root\n"
                       "warning      notice   old\n"
                       "1 fault, 1 not checked, 1 warning\n");
}

static void what_was_not_checked_is_no_success(void **state)
{
    struct doctor_report report = {0};

    add(&report, "time", DOCTOR_OK, NULL, "kept");
    assert_int_equal(doctor_report_status(&report), DOCTOR_STATUS_WELL);
    add(&report, "spool", DOCTOR_UNCHECKED, NULL, "needs root");
    assert_int_equal(doctor_report_status(&report), DOCTOR_STATUS_UNCHECKED);
    prints_to(&report, "ok           time   kept\n"
                       "not checked  spool  needs root\n"
                       "no fault found, 1 not checked\n");
}

static void a_warning_is_one_and_mail_is_scanned(void **state)
{
    struct doctor_report report = {0};

    add(&report, "time", DOCTOR_WARNING, "keep it", "not synchronised");
    assert_int_equal(doctor_report_status(&report), DOCTOR_STATUS_WELL);
    prints_to(&report, "warning      time  not synchronised; keep it\n"
                       "mail that should be scanned is scanned, 1 warning\n");
}

static void nothing_looked_at_is_not_well(void **state)
{
    struct doctor_report report = {0};

    assert_int_equal(doctor_report_status(&report), DOCTOR_STATUS_UNCHECKED);
}

static void what_a_peer_said_stays_one_line(void **state)
{
    struct doctor_report report = {0};

    add(&report, "listener", DOCTOR_FAULT, NULL, "it says \"%s\"", "a\r\nok  all\x1b[2J");
    prints_to(&report, "fault        listener  it says \"a ok all [2J\"\n"
                       "1 fault\n");
}

static void json_says_the_same(void **state)
{
    struct doctor_report report = {0};
    json_t *json, *first;

    add(&report, "service", DOCTOR_FAULT, "start it", "does not run");
    add(&report, "spool", DOCTOR_UNCHECKED, NULL, "needs root");
    json = doctor_report_json(&report);
    assert_int_equal(json_integer_value(json_object_get(json, "status")), 1);
    assert_string_equal(json_string_value(json_object_get(json, "summary")), "1 fault, 1 not checked");
    first = json_array_get(json_object_get(json, "links"), 0);
    assert_string_equal(json_string_value(json_object_get(first, "link")), "service");
    assert_string_equal(json_string_value(json_object_get(first, "state")), "fault");
    assert_string_equal(json_string_value(json_object_get(first, "cure")), "start it");
    assert_true(json_is_null(json_object_get(json_array_get(json_object_get(json, "links"), 1), "cure")));
    json_decref(json);
    doctor_report_fini(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_a_line_a_link_and_a_sum),
        cmocka_unit_test(what_was_not_checked_is_no_success),
        cmocka_unit_test(a_warning_is_one_and_mail_is_scanned),
        cmocka_unit_test(nothing_looked_at_is_not_well),
        cmocka_unit_test(what_a_peer_said_stays_one_line),
        cmocka_unit_test(json_says_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
