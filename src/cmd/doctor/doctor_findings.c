/* Adds the findings of a link to the report. */
#include "cmd/doctor/doctor_links.h"

void doctor_fault(struct doctor *doctor, const char *remedy, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    doctor_report_add(&doctor->report, doctor->link, DOCTOR_FAULT, remedy, format, arguments);
    va_end(arguments);
}

void doctor_warn(struct doctor *doctor, const char *remedy, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    doctor_report_add(&doctor->report, doctor->link, DOCTOR_WARNING, remedy, format, arguments);
    va_end(arguments);
}

void doctor_skip(struct doctor *doctor, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    doctor_report_add(&doctor->report, doctor->link, DOCTOR_UNCHECKED, NULL, format, arguments);
    va_end(arguments);
}

static bool has_finding(const struct doctor *doctor)
{
    return doctor->report.n && doctor->report.at[doctor->report.n - 1].link == doctor->link;
}

void doctor_ok(struct doctor *doctor, const char *format, ...)
{
    va_list arguments;

    if (has_finding(doctor))
        return;
    va_start(arguments, format);
    doctor_report_add(&doctor->report, doctor->link, DOCTOR_OK, NULL, format, arguments);
    va_end(arguments);
}

/* Splits "text: run `command`". False if the problem has another form. */
static bool split(const char *problem, struct buf *text, struct buf *command)
{
    static const char before[] = ": run `";
    const char *found = strstr(problem, before), *end = found ? strchr(found + strlen(before), '`') : NULL;

    if (!end || end[1])
        return false;
    buf_add(text, (struct span){problem, (size_t)(found - problem)});
    found += strlen(before);
    buf_add(command, (struct span){found, (size_t)(end - found)});
    return true;
}

static void take_problem(struct doctor *doctor, const struct problem *problem, const char *remedy)
{
    struct buf text = {0}, command = {0};
    bool is_split = split(problem->text, &text, &command);
    const char *what = is_split ? buf_c_str(&text) : problem->text;

    remedy = is_split ? buf_c_str(&command) : remedy;
    if (problem->is_error)
        doctor_fault(doctor, remedy, "%s", what);
    else
        doctor_warn(doctor, is_split ? remedy : NULL, "%s", what);
    buf_fini(&text);
    buf_fini(&command);
}

void doctor_take_problems(struct doctor *doctor, struct problems *problems, const char *remedy)
{
    for (size_t i = 0; i < problems->n; i++)
        take_problem(doctor, &problems->at[i], remedy);
    problems_fini(problems);
}
