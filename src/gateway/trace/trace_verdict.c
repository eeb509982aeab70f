#include "gateway/trace/trace_verdict.h"

const char *trace_verdict_name(enum trace_verdict_kind kind)
{
    switch (kind) {
    case TRACE_INCONCLUSIVE: return "inconclusive";
    case TRACE_NO_DIFFERENCE: return "no difference";
    case TRACE_INTERCEPTED: return "intercepted";
    case TRACE_DIVERTED: return "diverted";
    case TRACE_BLOCKED: return "blocked";
    }
    return "unknown";
}

static bool is_same_hop(const struct trace_hop *a, const struct trace_hop *b)
{
    return a && b && trace_same_host(&a->address, &b->address);
}

static bool has_router(const struct trace_path *path, const struct trace_hop *hop)
{
    for (unsigned n = 1; n <= trace_path_between(path); n++)
        if (is_same_hop(trace_path_hop(path, n), hop))
            return true;
    return false;
}

/* Returns the first router of the path that is certainly not on the control path. 0: none. A router counts
 * only if the control path has an answer at the same hop: a silent router there could be the same one. */
static unsigned find_other(const struct trace_path *path, const struct trace_path *control)
{
    for (unsigned n = 1; n <= trace_path_between(path); n++) {
        const struct trace_hop *hop = trace_path_hop(path, n);

        if (hop && !has_router(control, hop) && trace_path_hop(control, n))
            return n;
    }
    return 0;
}

/* Returns whether the same router is the last one before the end of both paths. */
static bool has_same_last_router(const struct trace_path *path, const struct trace_path *control)
{
    const struct trace_hop *last = trace_path_hop(path, trace_path_between(path));

    return trace_path_distance(control) &&
           is_same_hop(last, trace_path_hop(control, trace_path_between(control)));
}

/* Returns whether the path consists of the whole control path and further routers. Silent hops count as
 * equal. */
static bool continues(const struct trace_path *path, const struct trace_path *control)
{
    for (unsigned n = 1; n <= trace_path_between(control); n++) {
        const struct trace_hop *here = trace_path_hop(path, n), *there = trace_path_hop(control, n);

        if (here && there && !is_same_hop(here, there))
            return false;
    }
    return trace_path_between(path) > trace_path_between(control) && !has_same_last_router(path, control);
}

static enum trace_verdict_kind compare(const struct trace_path *path, const struct trace_path *control,
                                       unsigned other)
{
    unsigned here = trace_path_distance(path), there = trace_path_distance(control);

    if (!here)
        return there && path->end != TRACE_NOT_SENT ? TRACE_BLOCKED : TRACE_INCONCLUSIVE;
    if (here < trace_path_distance_min(control) && !has_same_last_router(path, control))
        return path->end == TRACE_ACCEPTED ? TRACE_INTERCEPTED : TRACE_BLOCKED;
    if (there ? continues(path, control) : !other)
        return TRACE_INCONCLUSIVE;
    return other || here != there ? TRACE_DIVERTED : TRACE_NO_DIFFERENCE;
}

struct trace_verdict trace_verdict_of(const struct trace_path *path, const struct trace_path *control)
{
    unsigned other = find_other(path, control);

    return (struct trace_verdict){.kind = compare(path, control, other), .via = other};
}
