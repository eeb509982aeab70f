/* trace_verdict: is a connection intercepted? Told from two traces to the same host, one to the port in
 * question and one to a control port that nobody is thought to care about.
 *
 * An interceptor bears the server's address, so no address gives him away, but he is nearer than the server.
 * Hence the rules, in their order:
 * - the port is not answered, the control is: blocked on the way.
 * - it is answered nearer than the control, or nearer than where the control has seen a router: accepted
 * there it is intercepted; refused there it is blocked, by a proxy that does not run or by a firewall. Unless
 * the router before both ends is the same: then it is a shorter way and most likely the server itself.
 * - the control has no end and the ways are the same as far as it goes: it cannot be told.
 * - the control ends nearer, and all of its way is the beginning of the port's: it cannot be told, for the
 *   control may be what is intercepted.
 * - the ways differ, in length or by a router: diverted, but not intercepted, or
 *   not known to be where the control has no end.
 * - otherwise there is no difference. An interceptor just as far away as the server would not be seen, nor
 * one that takes the control port as well. Pure. */
#ifndef POSTERN_GATEWAY_TRACE_TRACE_VERDICT_H
#define POSTERN_GATEWAY_TRACE_TRACE_VERDICT_H

#include "gateway/trace/trace_path.h"

enum trace_verdict_kind {
    TRACE_UNTOLD,
    TRACE_NO_DIFFERENCE,
    TRACE_INTERCEPTED,
    TRACE_DIVERTED,
    TRACE_BLOCKED,
};

struct trace_verdict {
    enum trace_verdict_kind kind;
    unsigned via; /* the first hop that the control does not pass; 0: none, or it is silent */
};

struct trace_verdict trace_verdict_of(const struct trace_path *path, const struct trace_path *control);
const char *trace_verdict_name(enum trace_verdict_kind kind); /* "no difference" */

/* Appends the same in a sentence or two: what it is and what it was told from. */
void trace_verdict_say(const struct trace_verdict *verdict, const struct trace_path *path,
                       const struct trace_path *control, struct buf *out);

#endif
