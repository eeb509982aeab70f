/* trace_print: prints the traces of `postern trace`, as text and as JSON. */
#ifndef POSTERN_CMD_TRACE_PRINT_H
#define POSTERN_CMD_TRACE_PRINT_H

#include "gateway/trace/trace_verdict.h"

#include <jansson.h>

struct traced {
    const char *host; /* as it was given */
    struct trace_path path, control;
    struct trace_verdict verdict;
};

/* Appends one line per hop, up to the last that has answered. Reports after these lines that a probe could
 * not be sent, or that further hops were probed without an answer. */
void trace_print(const struct trace_path *path, struct buf *out);
json_t *trace_json(const struct traced *traced);

#endif
