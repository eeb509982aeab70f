#include "gateway/trace/trace.h"

#include "gateway/trace/trace_probe.h"

#include <errno.h>
#include <poll.h>

/* Time to wait for a hop before the next one is probed as well; at least twice the slowest reply so far. */
enum { PATIENCE_US = 100000 };

struct hop_probe {
    struct trace_probe probe;
    unsigned tries;
    int64_t first_us;
    bool is_settled; /* has answered, or was given up */
};

struct trace {
    const struct trace_request *request;
    struct trace_path *path;
    struct hop_probe hops[TRACE_HOPS_MAX]; /* of path->probed hops */
    int64_t wait_us, patience_us;
    bool is_broken; /* nothing can be sent */
};

static void settle(struct hop_probe *hops)
{
    trace_probe_end(&hops->probe);
    hops->is_settled = true;
}

static void fail(struct trace *trace, int error)
{
    trace->is_broken = true;
    trace->path->end = TRACE_NOT_SENT;
    trace->path->end_hop = 0;
    trace->path->error = error;
}

static void ask(struct trace *trace, unsigned n)
{
    struct hop_probe *hops = &trace->hops[n - 1];

    trace_probe_end(&hops->probe);
    if (!trace_probe_send(&hops->probe, &trace->path->to, n)) {
        fail(trace, errno);
        return;
    }
    if (!hops->tries++)
        hops->first_us = hops->probe.sent_us;
}

static void ask_next(struct trace *trace)
{
    trace->hops[trace->path->probed++] = (struct hop_probe){.probe.fd = -1};
    ask(trace, trace->path->probed);
}

/* When is the hop probed again or given up? */
static int64_t due_us(const struct trace *trace, const struct hop_probe *hops)
{
    unsigned waits = hops->tries < TRACE_TRIES ? hops->tries : TRACE_TRIES + 1;

    return hops->first_us + waits * trace->wait_us;
}

static bool has_next(const struct trace *trace)
{
    return !trace->path->end_hop && trace->path->probed < trace->request->hops;
}

/* When is the next hop probed? */
static int64_t next_us(const struct trace *trace)
{
    unsigned n = trace->path->probed;

    return n && !trace->hops[n - 1].is_settled ? trace->hops[n - 1].first_us + trace->patience_us : 0;
}

static void ask_what_is_due(struct trace *trace, int64_t now_us)
{
    for (unsigned n = 1; n <= trace->path->probed && !trace->is_broken; n++) {
        struct hop_probe *hops = &trace->hops[n - 1];

        if (hops->is_settled || due_us(trace, hops) > now_us)
            continue;
        if (hops->tries == TRACE_TRIES)
            settle(hops);
        else
            ask(trace, n);
    }
    if (!trace->is_broken && has_next(trace) && next_us(trace) <= now_us)
        ask_next(trace);
}

/* Later hops are irrelevant. */
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

/* After an event without a reply no reply will come: the hop is probed again when it is due. */
static void receive(struct trace *trace, unsigned n)
{
    struct hop_probe *hops = &trace->hops[n - 1];
    struct trace_answer answer;

    if (trace_probe_answer(&hops->probe, &trace->path->to, &answer))
        take(trace, n, &answer);
    else
        trace_probe_end(&hops->probe);
}

/* Waits until something is due or received. */
static void await(struct trace *trace, int64_t now_us)
{
    struct pollfd states[TRACE_HOPS_MAX];
    unsigned count = trace->path->probed;
    int64_t until_us = has_next(trace) ? next_us(trace) : INT64_MAX;

    for (unsigned i = 0; i < count; i++) {
        struct hop_probe *hops = &trace->hops[i];

        states[i] = (struct pollfd){.fd = hops->probe.fd, .events = POLLOUT};
        if (!hops->is_settled && due_us(trace, hops) < until_us)
            until_us = due_us(trace, hops);
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

        ask_what_is_due(&trace, now_us);
        if (!is_over(&trace))
            await(&trace, now_us);
    }
    for (unsigned i = 0; i < path->probed; i++)
        settle(&trace.hops[i]);
}
