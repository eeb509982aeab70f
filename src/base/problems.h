/* problems: a list of errors and warnings, which grows while a configuration or a host is checked. */
#ifndef POSTERN_BASE_PROBLEMS_H
#define POSTERN_BASE_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>

struct problem {
    bool is_error; /* otherwise a warning */
    char *text;    /* owned; of a configuration file: "file:line: text" */
};

/* Starts as {0}; problems_fini frees it and makes it so again. */
struct problems {
    size_t n, errors; /* `errors` of the n are errors */
    struct problem *at;
};

void problems_add(struct problems *problems, bool is_error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void problems_fini(struct problems *problems);

#endif
