#include "gateway/trace/trace.h"

#include "gateway/trace/trace_probe.h"

#include <errno.h>
#include <poll.h>

/* How long a hop may be silent before the next hop is probed as well. During a trace, this time rises to
 * twice the longest round-trip time so far, but not above wait_us. */
enum { PATIENCE_US = 100000 };

struct hop_probe {
    struct trace_probe probe;
    unsigned tries;
    int64_t first_us;
    bool is_settled; /* it has answered, or was given up */
};

struct trace {
    const struct trace_request *request;
    struct trace_path *path;
    struct hop_probe hops[TRACE_HOPS_MAX]; /* path->probed of them are in use */
    int64_t wait_us, patience_us;
    bool is_broken; /* nothing can be sent */
};

static void settle(struct hop_probe *hop)
{
    trace_probe_end(&hop->probe);
    hop->is_settled = true;
}

static void fail(struct trace *trace, int error)
{
    trace->is_broken = true;
    trace->path->end = TRACE_NOT_SENT;
    trace->path->end_hop = 0;
    trace->path->error = error;
}

static void probe_hop(struct trace *trace, unsigned n)
{
    struct hop_probe *hop = &trace->hops[n - 1];

    trace_probe_end(&hop->probe);
    if (!trace_probe_send(&hop->probe, &trace->path->to, n)) {
        fail(trace, errno);
        return;
    }
    if (!hop->tries++)
        hop->first_us = hop->probe.sent_us;
}

static void probe_next_hop(struct trace *trace)
{
    trace->hops[trace->path->probed++] = (struct hop_probe){.probe.fd = -1};
    probe_hop(trace, trace->path->probed);
}

/* Returns when the hop is to be probed again. After the last try, returns when the hop is to be given up. */
static int64_t retry_at_us(const struct trace *trace, const struct hop_probe *hop)
{
    unsigned waits = hop->tries < TRACE_TRIES ? hop->tries : TRACE_TRIES + 1;

    return hop->first_us + waits * trace->wait_us;
}

static bool has_next(const struct trace *trace)
{
    return !trace->path->end_hop && trace->path->probed < trace->request->hops;
}

/* Returns when the next hop is to be probed; 0: now. */
static int64_t next_hop_at_us(const struct trace *trace)
{
    unsigned n = trace->path->probed;

    return n && !trace->hops[n - 1].is_settled ? trace->hops[n - 1].first_us + trace->patience_us : 0;
}

static void probe_due_hops(struct trace *trace, int64_t now_us)
{
    for (unsigned n = 1; n <= trace->path->probed && !trace->is_broken; n++) {
        struct hop_probe *hop = &trace->hops[n - 1];

        if (hop->is_settled || retry_at_us(trace, hop) > now_us)
            continue;
        if (hop->tries == TRACE_TRIES)
            settle(hop);
        else
            probe_hop(trace, n);
    }
    if (!trace->is_broken && has_next(trace) && next_hop_at_us(trace) <= now_us)
        probe_next_hop(trace);
}

/* Makes hop n the end of the path, and discards later hops. */
static void end_at(struct trace *trace, unsigned n, const struct trace_answer *answer)
{
    struct trace_path *path = trace->path;

    for (unsigned i = n; i < path->probed; i++) {
        settle(&trace->hops[i]);
        path->hops[i] = (struct trace_hop){0};
    }
    path->probed = path->end_hop = n;
    path->end = answer->end;
    path->icmp_type = answer->icmp_type;
    path->icmp_code = answer->icmp_code;
}

static void take(struct trace *trace, unsigned n, const struct trace_answer *answer)
{
    int64_t patience_us = 2 * answer->hop.rtt_us;

    if (answer->end == TRACE_NOT_SENT) {
        fail(trace, answer->error);
        return;
    }
    if (patience_us > trace->patience_us)
        trace->patience_us = patience_us < trace->wait_us ? patience_us : trace->wait_us;
    settle(&trace->hops[n - 1]);
    trace->path->hops[n - 1] = answer->hop;
    if (answer->end != TRACE_SILENT)
        end_at(trace, n, answer);
}

/* If the event has brought no usable reply, this probe will get none. The probe is closed, and the hop is
 * probed again when that is due. */
static void receive(struct trace *trace, unsigned n)
{
    struct hop_probe *hop = &trace->hops[n - 1];
    struct trace_answer answer;

    if (trace_probe_answer(&hop->probe, &trace->path->to, &answer))
        take(trace, n, &answer);
    else
        trace_probe_end(&hop->probe);
}

/* Waits until something is due or received. */
static void wait_for_event(struct trace *trace, int64_t now_us)
{
    struct pollfd states[TRACE_HOPS_MAX];
    unsigned count = trace->path->probed;
    int64_t until_us = has_next(trace) ? next_hop_at_us(trace) : INT64_MAX;

    for (unsigned i = 0; i < count; i++) {
        struct hop_probe *hop = &trace->hops[i];

        states[i] = (struct pollfd){.fd = hop->probe.fd, .events = POLLOUT};
        if (!hop->is_settled && retry_at_us(trace, hop) < until_us)
            until_us = retry_at_us(trace, hop);
    }
    if (poll(states, count, until_us > now_us ? (int)((until_us - now_us + 999) / 1000) : 0) <= 0)
        return;
    for (unsigned i = 0; i < count && i < trace->path->probed && !trace->is_broken; i++)
        if (states[i].revents)
            receive(trace, i + 1);
}

static bool is_over(const struct trace *trace)
{
    if (trace->is_broken)
        return true;
    for (unsigned i = 0; i < trace->path->probed; i++)
        if (!trace->hops[i].is_settled)
            return false;
    return !has_next(trace);
}

void trace_run(const struct trace_request *request, struct trace_path *path)
{
    struct trace trace = {.request = request, .path = path, .patience_us = PATIENCE_US};

    *path = (struct trace_path){.to = request->to};
    trace.wait_us = (int64_t)request->wait_ms * 1000;
    while (!is_over(&trace)) {
        int64_t now_us = trace_now_us();

        probe_due_hops(&trace, now_us);
        if (!is_over(&trace))
            wait_for_event(&trace, now_us);
    }
    for (unsigned i = 0; i < path->probed; i++)
        settle(&trace.hops[i]);
}
