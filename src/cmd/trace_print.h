/* trace_print: the traces of `postern trace`, for people and as JSON. */
#ifndef POSTERN_CMD_TRACE_PRINT_H
#define POSTERN_CMD_TRACE_PRINT_H

#include "gateway/trace/trace_verdict.h"

#include <jansson.h>

struct traced {
    const char *host; /* as it was given */
    struct trace_path path, control;
    struct trace_verdict verdict;
};

/* Appends one line a hop, and how it ended where that is no hop. */
void trace_print(const struct trace_path *path, struct buf *out);
json_t *trace_json(const struct traced *traced);

#endif
