/* problems: growing list of errors and warnings, filled while a configuration or a host is checked. */
#ifndef POSTERN_BASE_PROBLEMS_H
#define POSTERN_BASE_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>

struct problem {
    bool is_error; /* false: a warning */
    char *text;    /* owned; of a configuration file: "file:line: text" */
};

/* {0} is a valid empty list; problems_fini frees its memory and empties it. */
struct problems {
    size_t n, errors; /* n counts errors and warnings */
    struct problem *at;
};

void problems_add(struct problems *problems, bool is_error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void problems_fini(struct problems *problems);

#endif
