#include "cmd/doctor/doctor_links.h"

#include <setjmp.h>

#include <cmocka.h>

static void a_clock_before_this_version_is_a_fault(void **state)
{
    struct doctor doctor = {.now = 1107610234, .link = "time"};

    doctor_check_time(&doctor);
    assert_int_equal(doctor.report.n, 1);
    assert_int_equal(doctor.report.at[0].state, DOCTOR_FAULT);
    assert_non_null(strstr(doctor.report.at[0].text, "before the release date of this version"));
    assert_non_null(doctor.report.at[0].remedy);
    doctor_fini(&doctor);
}

static void ok_is_said_only_where_nothing_else_was(void **state)
{
    struct doctor doctor = {.link = "one"};

    doctor_warn(&doctor, NULL, "so so");
    doctor_ok(&doctor, "all is well");
    assert_int_equal(doctor.report.n, 1);
    doctor.link = "two";
    doctor_ok(&doctor, "all is well");
    assert_int_equal(doctor.report.n, 2);
    assert_int_equal(doctor.report.at[1].state, DOCTOR_OK);
    doctor_fini(&doctor);
}

static void errors_are_faults_and_the_rest_is_a_warning(void **state)
{
    struct doctor doctor = {.link = "configuration"};
    struct problems problems = {0};

    problems_add(&problems, false, "strange");
    problems_add(&problems, true, "wrong");
    doctor_take_problems(&doctor, &problems, "correct it");
    assert_int_equal(problems.n, 0);
    assert_int_equal(doctor.report.at[0].state, DOCTOR_WARNING);
    assert_null(doctor.report.at[0].remedy);
    assert_int_equal(doctor.report.at[1].state, DOCTOR_FAULT);
    assert_string_equal(doctor.report.at[1].remedy, "correct it");
    doctor_fini(&doctor);
}

/* Without a configuration the other links cannot be checked, and none is reported as ok. */
static void what_cannot_be_looked_at_is_not_ok(void **state)
{
    struct doctor doctor = {.conf_file = "/nonexistent", .is_root = true, .now = time(NULL)};
    size_t unchecked = 0;

    doctor_check_all(&doctor);
    for (size_t i = 0; i < doctor.report.n; i++) {
        const struct doctor_line *line = &doctor.report.at[i];

        unchecked += line->state == DOCTOR_UNCHECKED;
        assert_true(line->state != DOCTOR_OK || strcmp(line->link, "time") == 0);
    }
    assert_true(unchecked >= 10);
    assert_int_equal(doctor_report_status(&doctor.report), DOCTOR_STATUS_FAULT);
    doctor_fini(&doctor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_before_this_version_is_a_fault),
        cmocka_unit_test(ok_is_said_only_where_nothing_else_was),
        cmocka_unit_test(errors_are_faults_and_the_rest_is_a_warning),
        cmocka_unit_test(what_cannot_be_looked_at_is_not_ok),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
