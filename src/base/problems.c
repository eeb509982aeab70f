#include "base/problems.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void problems_add(struct problems *problems, bool is_error, const char *format, ...)
{
    struct problem problem = {.is_error = is_error};
    va_list args;

    va_start(args, format);
    if (vasprintf(&problem.text, format, args) < 0)
        problem.text = mem_copy_string(SPAN("out of memory"));
    va_end(args);
    problems->at = mem_grow(problems->at, problems->n + 1, sizeof problem);
    problems->at[problems->n++] = problem;
    problems->errors += is_error;
}

void problems_fini(struct problems *problems)
{
    for (size_t i = 0; i < problems->n; i++)
        free(problems->at[i].text);
    free(problems->at);
    *problems = (struct problems){0};
}
