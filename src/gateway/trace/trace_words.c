#include "gateway/trace/trace_verdict.h"

#include "base/network.h"

struct traces {
    const struct trace_path *path, *control;
    struct buf *out;
};

/* Appends "port 110 was accepted at hop 3". */
static void add_end(const struct trace_path *path, struct buf *out)
{
    buf_add_format(out, "port %u ", trace_path_port(path));
    switch (path->end) {
    case TRACE_SILENT: buf_add(out, SPAN("was not answered")); return;
    case TRACE_NOT_SENT: buf_add(out, SPAN("was not probed: this host could not send to it")); return;
    case TRACE_ACCEPTED: buf_add(out, SPAN("was accepted")); break;
    case TRACE_REFUSED: buf_add(out, SPAN("was refused")); break;
    case TRACE_UNREACHABLE:
        buf_add(out, SPAN("is reported as "));
        trace_add_icmp(out, path);
        buf_add(out, SPAN(" by "));
        network_print_address(&trace_path_hop(path, path->end_hop)->address, out);
        break;
    }
    buf_add_format(out, " at hop %u", path->end_hop);
}

static void add_hop(const struct trace_path *path, unsigned n, struct buf *out)
{
    const struct trace_hop *hop = trace_path_hop(path, n);

    if (hop)
        network_print_address(&hop->address, out);
    else
        buf_add_format(out, "hop %u, which is silent", n);
}

/* Appends where the end of the path is. */
static void add_location(const struct traces *traces)
{
    unsigned between = trace_path_between(traces->path);

    if (!between) {
        buf_add(traces->out, SPAN(", which is this host itself or its gateway"));
        return;
    }
    buf_add(traces->out, SPAN(", right after "));
    add_hop(traces->path, between, traces->out);
}

/* Appends how far away the server is by the control path. */
static void add_distance(const struct traces *traces)
{
    if (trace_path_distance(traces->control)) {
        buf_add(traces->out, SPAN(", but "));
        add_end(traces->control, traces->out);
        return;
    }
    buf_add_format(traces->out, ", but the path to port %u continues after hop %u",
                   trace_path_port(traces->control), trace_path_distance_min(traces->control) - 1);
}

static void add_nearer(const struct traces *traces)
{
    add_end(traces->path, traces->out);
    add_location(traces);
    add_distance(traces);
}

static void explain_intercepted(const struct traces *traces)
{
    buf_add(traces->out, SPAN("Intercepted: "));
    add_nearer(traces);
    buf_add(traces->out, SPAN(": a host nearer than the server accepts in its place."));
}

static void add_via(const struct traces *traces, unsigned via)
{
    if (!via)
        return;
    buf_add_format(traces->out, " Port %u passes ", trace_path_port(traces->path));
    add_hop(traces->path, via, traces->out);
    buf_add_format(traces->out, " at hop %u; port %u does not.", via, trace_path_port(traces->control));
}

static void explain_blocked(const struct traces *traces, unsigned via)
{
    unsigned last = trace_path_last_answered(traces->path);

    buf_add(traces->out, SPAN("Blocked: "));
    if (trace_path_distance(traces->path)) {
        add_nearer(traces);
        buf_add(traces->out,
                SPAN(": a host nearer than the server refuses in its place, a firewall or a proxy that "
                     "is not running."));
    } else {
        add_end(traces->path, traces->out);
        if (traces->path->end == TRACE_SILENT && last) {
            buf_add(traces->out, SPAN(", and the last hop that answered is "));
            add_hop(traces->path, last, traces->out);
            buf_add_format(traces->out, " at hop %u", last);
        }
        add_distance(traces);
        buf_add_char(traces->out, '.');
    }
    add_via(traces, via);
}

static void add_both_ends(const struct traces *traces)
{
    add_end(traces->path, traces->out);
    buf_add(traces->out, SPAN(", "));
    add_end(traces->control, traces->out);
    buf_add_char(traces->out, '.');
}

static void explain_diverted(const struct traces *traces, unsigned via)
{
    if (trace_path_distance(traces->control))
        buf_add(traces->out, SPAN("Diverted, but not intercepted, judging by the distance: "));
    else
        buf_add(traces->out, SPAN("Diverted; whether it is also intercepted is unknown: "));
    add_both_ends(traces);
    add_via(traces, via);
    if (trace_path_distance(traces->path) == trace_path_distance(traces->control))
        buf_add(traces->out, SPAN(" A router that balances load over several paths would look the same."));
}

static void explain_no_difference(const struct traces *traces)
{
    buf_add(traces->out, SPAN("No difference, so not intercepted, judging by the distance: "));
    add_both_ends(traces);
}

static void explain_inconclusive(const struct traces *traces, unsigned via)
{
    buf_add(traces->out, SPAN("Whether the connection is intercepted is unknown: "));
    add_both_ends(traces);
    if (trace_path_distance(traces->path) && trace_path_distance(traces->control))
        buf_add_format(traces->out,
                       " Port %u is nearer: either that port is intercepted, or port %u is diverted. "
                       "Try another control port.",
                       trace_path_port(traces->control), trace_path_port(traces->path));
    else if (trace_path_distance(traces->path))
        buf_add(traces->out, SPAN(" The distance of the server is unknown; try another control "
                                  "port."));
    add_via(traces, via);
}

void trace_verdict_explain(const struct trace_verdict *verdict, const struct trace_path *path,
                           const struct trace_path *control, struct buf *out)
{
    const struct traces traces = {path, control, out};

    switch (verdict->kind) {
    case TRACE_INCONCLUSIVE: explain_inconclusive(&traces, verdict->via); return;
    case TRACE_NO_DIFFERENCE: explain_no_difference(&traces); return;
    case TRACE_INTERCEPTED: explain_intercepted(&traces); return;
    case TRACE_DIVERTED: explain_diverted(&traces, verdict->via); return;
    case TRACE_BLOCKED: explain_blocked(&traces, verdict->via); return;
    }
}
