/* trace_verdict: decides whether a connection is intercepted. Compares two traces to the same host: one to
 * the port in question, and one to a control port that is probably not intercepted. Pure.
 *
 * An interceptor answers from the server's address but is fewer hops away. The first rule that applies
 * decides:
 * - The port does not answer: blocked if the control port answers and probes could be sent to the port,
 *   otherwise inconclusive.
 * - The port answers nearer than the control port does; or the control port does not answer, and the port
 *   answers not beyond the last router of the control path: intercepted if the port accepts. Blocked if the
 *   port refuses, which a firewall does, or a proxy that is not running. This rule does not apply if the last
 *   routers before both ends are the same: then the port's path is only shorter, and probably leads to the
 *   server, too.
 * - The control port does not answer, and the port's path has no other router: inconclusive.
 * - The control port answers, and the port's path continues the path to it: inconclusive, because the control
 *   port may be the intercepted one.
 * - The paths differ in length or by a router: diverted. If the control port answers, the port is not
 *   intercepted. Otherwise that is unknown.
 * - Otherwise: no difference. An interceptor as far away as the server is not detected, nor is one that also
 *   intercepts the control port. */
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
    unsigned via; /* the first router that is not on the control path; 0: none is known */
};

struct trace_verdict trace_verdict_of(const struct trace_path *path, const struct trace_path *control);
const char *trace_verdict_name(enum trace_verdict_kind kind); /* "no difference" */

/* Appends the verdict and its reasons in one or two sentences. */
void trace_verdict_explain(const struct trace_verdict *verdict, const struct trace_path *path,
                           const struct trace_path *control, struct buf *out);

#endif
