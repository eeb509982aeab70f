#include "gateway/trace/trace_verdict.h"

#include "base/network.h"

struct words_of {
    const struct trace_path *path, *control;
    struct buf *out;
};

/* Appends "port 110 was accepted at hop 3". */
static void add_end(const struct trace_path *path, struct buf *out)
{
    buf_add_format(out, "port %u ", trace_path_port(path));
    switch (path->end) {
    case TRACE_SILENT: buf_add(out, SPAN("was not answered")); return;
    case TRACE_NOT_SENT: buf_add(out, SPAN("was not probed: this host has no route")); return;
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

/* Appends where the end is. */
static void add_place(const struct words_of *words)
{
    unsigned between = trace_path_between(words->path);

    if (!between) {
        buf_add(words->out, SPAN(", which is this host itself or its gateway"));
        return;
    }
    buf_add(words->out, SPAN(", right after "));
    add_hop(words->path, between, words->out);
}

/* Appends the distance of the server by the control path. */
static void add_distance(const struct words_of *words)
{
    if (trace_path_distance(words->control)) {
        buf_add(words->out, SPAN(", but "));
        add_end(words->control, words->out);
        return;
    }
    buf_add_format(words->out, ", but the path to port %u continues after hop %u",
                   trace_path_port(words->control), trace_path_distance_least(words->control) - 1);
}

static void add_nearer(const struct words_of *words)
{
    add_end(words->path, words->out);
    add_place(words);
    add_distance(words);
}

static void say_intercepted(const struct words_of *words)
{
    buf_add(words->out, SPAN("Intercepted: "));
    add_nearer(words);
    buf_add(words->out, SPAN(": a host nearer than the server accepts in its place."));
}

static void add_via(const struct words_of *words, unsigned via)
{
    if (!via)
        return;
    buf_add_format(words->out, " Port %u passes ", trace_path_port(words->path));
    add_hop(words->path, via, words->out);
    buf_add_format(words->out, " at hop %u, port %u does not.", via, trace_path_port(words->control));
}

static void say_blocked(const struct words_of *words, unsigned via)
{
    unsigned last = trace_path_last_heard(words->path);

    buf_add(words->out, SPAN("Blocked: "));
    if (trace_path_distance(words->path)) {
        add_nearer(words);
        buf_add(words->out,
                SPAN(": a host nearer than the server refuses in its place, a firewall or a proxy that "
                     "is not running."));
    } else {
        add_end(words->path, words->out);
        if (words->path->end == TRACE_SILENT && last) {
            buf_add(words->out, SPAN(", and the last hop that answered is "));
            add_hop(words->path, last, words->out);
            buf_add_format(words->out, " at hop %u", last);
        }
        add_distance(words);
        buf_add_char(words->out, '.');
    }
    add_via(words, via);
}

static void add_both_ends(const struct words_of *words)
{
    add_end(words->path, words->out);
    buf_add(words->out, SPAN(", "));
    add_end(words->control, words->out);
    buf_add_char(words->out, '.');
}

static void say_diverted(const struct words_of *words, unsigned via)
{
    if (trace_path_distance(words->control))
        buf_add(words->out, SPAN("Diverted, but by distance not intercepted: "));
    else
        buf_add(words->out, SPAN("Diverted; whether it is also intercepted is unknown: "));
    add_both_ends(words);
    add_via(words, via);
    if (trace_path_distance(words->path) == trace_path_distance(words->control))
        buf_add(words->out, SPAN(" A router that balances load over several paths would look the same."));
}

static void say_no_difference(const struct words_of *words)
{
    buf_add(words->out, SPAN("No difference, so by distance not intercepted: "));
    add_both_ends(words);
}

static void say_inconclusive(const struct words_of *words, unsigned via)
{
    buf_add(words->out, SPAN("Whether the connection is intercepted is unknown: "));
    add_both_ends(words);
    if (trace_path_distance(words->path) && trace_path_distance(words->control))
        buf_add_format(words->out,
                       " Port %u is nearer: either it is intercepted itself, or port %u is diverted. "
                       "Try another control port.",
                       trace_path_port(words->control), trace_path_port(words->path));
    else if (trace_path_distance(words->path))
        buf_add(words->out, SPAN(" The distance of the server is unknown; try another control "
                                 "port."));
    add_via(words, via);
}

void trace_verdict_say(const struct trace_verdict *verdict, const struct trace_path *path,
                       const struct trace_path *control, struct buf *out)
{
    const struct words_of words = {path, control, out};

    switch (verdict->kind) {
    case TRACE_INCONCLUSIVE: say_inconclusive(&words, verdict->via); return;
    case TRACE_NO_DIFFERENCE: say_no_difference(&words); return;
    case TRACE_INTERCEPTED: say_intercepted(&words); return;
    case TRACE_DIVERTED: say_diverted(&words, verdict->via); return;
    case TRACE_BLOCKED: say_blocked(&words, verdict->via); return;
    }
}
