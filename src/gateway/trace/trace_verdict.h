/* trace_verdict: decides whether a connection is intercepted, from two traces to the same host, one to the
 * port in question and one to a control port that is probably not intercepted.
 *
 * An interceptor answers from the server's address but is fewer hops away. The rules, in this order:
 * - The port does not answer: blocked if the control port answers and a probe could be sent to the port,
 *   otherwise inconclusive.
 * - The port answers nearer than the control port, or nearer than a router on the control path: intercepted
 *   if the port accepts; blocked if it refuses, by a proxy that is not running or by a firewall. But if the
 *   last router before both ends is the same, the port's path is only shorter, most likely to the server
 *   itself, and the next rules apply.
 * - The control path has no end, and the port's path has no other router: inconclusive.
 * - The control path ends nearer, and the port's path continues it: inconclusive, because the control port
 *   may be the intercepted one.
 * - The paths differ in length or by a router: diverted. The port is then not intercepted; but if the control
 *   path has no end, that is unknown.
 * - Otherwise there is no difference. An interceptor at the same distance as the server is not detected, nor
 *   one that also intercepts the control port. Pure. */
#ifndef POSTERN_GATEWAY_TRACE_TRACE_VERDICT_H
#define POSTERN_GATEWAY_TRACE_TRACE_VERDICT_H

#include "gateway/trace/trace_path.h"

enum trace_verdict_kind {
    TRACE_INCONCLUSIVE,
    TRACE_NO_DIFFERENCE,
    TRACE_INTERCEPTED,
    TRACE_DIVERTED,
    TRACE_BLOCKED,
};

struct trace_verdict {
    enum trace_verdict_kind kind;
    unsigned via; /* the first hop that is not on the control path; 0: none, or silent */
};

struct trace_verdict trace_verdict_of(const struct trace_path *path, const struct trace_path *control);
const char *trace_verdict_name(enum trace_verdict_kind kind); /* "no difference" */

/* Appends the verdict and its reasons in one or two sentences. */
void trace_verdict_explain(const struct trace_verdict *verdict, const struct trace_path *path,
                           const struct trace_path *control, struct buf *out);

#endif
