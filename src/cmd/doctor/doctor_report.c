#include "cmd/doctor/doctor_report.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const state_names[] = {[DOCTOR_OK] = "ok",
                                          [DOCTOR_WARNING] = "warning",
                                          [DOCTOR_UNCHECKED] = "not checked",
                                          [DOCTOR_FAULT] = "fault"};

void doctor_report_add(struct doctor_report *report, const char *link, enum doctor_state state,
                       const char *remedy, const char *format, va_list arguments)
{
    char text[1024];

    vsnprintf(text, sizeof text, format, arguments);
    text_clean(text, sizeof text);
    report->at = mem_grow(report->at, report->n + 1, sizeof *report->at);
    report->at[report->n++] = (struct doctor_line){link, state, mem_copy_string(span_of(text)),
                                                   remedy ? mem_copy_string(span_of(remedy)) : NULL};
}

static size_t count(const struct doctor_report *report, enum doctor_state state)
{
    size_t n = 0;

    for (size_t i = 0; i < report->n; i++)
        n += report->at[i].state == state;
    return n;
}

int doctor_report_status(const struct doctor_report *report)
{
    if (count(report, DOCTOR_FAULT))
        return DOCTOR_STATUS_FAULT;
    return count(report, DOCTOR_UNCHECKED) || !report->n ? DOCTOR_STATUS_UNCHECKED : DOCTOR_STATUS_WELL;
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

static void add_summary(const struct doctor_report *report, struct buf *out)
{
    size_t faults = count(report, DOCTOR_FAULT), unchecked = count(report, DOCTOR_UNCHECKED);
    size_t warnings = count(report, DOCTOR_WARNING);

    if (faults)
        buf_add_format(out, "%zu fault%s", faults, plural(faults));
    else if (unchecked)
        buf_add(out, SPAN("no fault found"));
    else
        buf_add(out, SPAN("mail that should be scanned is scanned"));
    if (unchecked)
        buf_add_format(out, ", %zu not checked", unchecked);
    if (warnings)
        buf_add_format(out, ", %zu warning%s", warnings, plural(warnings));
}

static int name_width(const struct doctor_report *report)
{
    size_t widest = 0;

    for (size_t i = 0; i < report->n; i++)
        if (strlen(report->at[i].link) > widest)
            widest = strlen(report->at[i].link);
    return (int)widest;
}

void doctor_report_print(const struct doctor_report *report, struct buf *out)
{
    int width = name_width(report);

    for (size_t i = 0; i < report->n; i++) {
        const struct doctor_line *line = &report->at[i];

        buf_add_format(out, "%-11s  %-*s  %s%s%s\n", state_names[line->state], width, line->link, line->text,
                       line->remedy ? "; " : "", line->remedy ? line->remedy : "");
    }
    add_summary(report, out);
    buf_add_char(out, '\n');
}

json_t *doctor_report_json(const struct doctor_report *report)
{
    json_t *links = json_array();
    struct buf summary = {0};
    json_t *json;

    for (size_t i = 0; i < report->n; i++) {
        const struct doctor_line *line = &report->at[i];

        json_array_append_new(links,
                              json_pack("{s:s, s:s, s:s, s:s?}", "link", line->link, "state",
                                        state_names[line->state], "text", line->text, "cure", line->remedy));
    }
    add_summary(report, &summary);
    json = json_pack("{s:i, s:s, s:o}", "status", doctor_report_status(report), "summary",
                     buf_c_str(&summary), "links", links);
    buf_fini(&summary);
    return json;
}

void doctor_report_fini(struct doctor_report *report)
{
    for (size_t i = 0; i < report->n; i++) {
        free(report->at[i].text);
        free(report->at[i].remedy);
    }
    free(report->at);
    *report = (struct doctor_report){0};
}
