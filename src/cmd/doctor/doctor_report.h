/* doctor_report: the findings of `postern doctor`, link by link, and their output. Pure.
 *
 * A link has one line, or one line per problem. "Not checked" is not "ok": it has a state and an exit status
 * of its own. */
#ifndef POSTERN_CMD_DOCTOR_DOCTOR_REPORT_H
#define POSTERN_CMD_DOCTOR_DOCTOR_REPORT_H

#include "base/buf.h"

#include <jansson.h>
#include <stdarg.h>

/* From good to bad. 0 is no state. */
enum doctor_state { DOCTOR_OK = 1, DOCTOR_WARNING, DOCTOR_UNCHECKED, DOCTOR_FAULT };

enum { DOCTOR_STATUS_WELL = 0, DOCTOR_STATUS_FAULT = 1, DOCTOR_STATUS_UNCHECKED = 2 };

struct doctor_line {
    const char *link; /* borrowed: the name in the table of links */
    enum doctor_state state;
    char *text;   /* owned, one line */
    char *remedy; /* owned; NULL: none is known, or none is needed */
};

struct doctor_report {
    size_t n;
    struct doctor_line *at;
};

/* The text may quote a peer. Control characters in it become spaces. */
void doctor_report_add(struct doctor_report *report, const char *link, enum doctor_state state,
                       const char *remedy, const char *format, va_list arguments)
    __attribute__((format(printf, 5, 0)));
/* Returns the exit status. If nothing was reported, that is DOCTOR_STATUS_UNCHECKED. */
int doctor_report_status(const struct doctor_report *report);
void doctor_report_print(const struct doctor_report *report, struct buf *out);
json_t *doctor_report_json(const struct doctor_report *report);
void doctor_report_fini(struct doctor_report *report);

#endif
