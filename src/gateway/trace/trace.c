#include "gateway/trace/trace.h"

#include "gateway/trace/trace_probe.h"

#include <errno.h>
#include <poll.h>

/* For an answer, before the next hop is asked as well; twice the slowest answer so far, if that is longer. */
enum { PATIENCE_US = 100000 };

struct backend_loop {
    struct trace_probe probe;
    unsigned tries;
    int64_t first_us;
    bool is_settled; /* answered or given up */
};

struct trace {
    const struct trace_request *request;
    struct trace_path *path;
    struct backend_loop asked[TRACE_HOPS_MAX]; /* so many as path->probed says */
    int64_t wait_us, patience_us;
    bool is_broken; /* nothing can be sent */
};

static void settle(struct backend_loop *asked)
{
    trace_probe_end(&asked->probe);
    asked->is_settled = true;
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
    struct backend_loop *asked = &trace->asked[n - 1];

    trace_probe_end(&asked->probe);
    if (!trace_probe_send(&asked->probe, &trace->path->to, n)) {
        fail(trace, errno);
        return;
    }
    if (!asked->tries++)
        asked->first_us = asked->probe.sent_us;
}

static void ask_next(struct trace *trace)
{
    trace->asked[trace->path->probed++] = (struct backend_loop){.probe.fd = -1};
    ask(trace, trace->path->probed);
}

/* When the hop is asked again or given up. */
static int64_t due_us(const struct trace *trace, const struct backend_loop *asked)
{
    unsigned waits = asked->tries < TRACE_TRIES ? asked->tries : TRACE_TRIES + 1;

    return asked->first_us + waits * trace->wait_us;
}

static bool has_next(const struct trace *trace)
{
    return !trace->path->end_hop && trace->path->probed < trace->request->hops;
}

/* When the hop behind the last one is asked. */
static int64_t next_us(const struct trace *trace)
{
    unsigned n = trace->path->probed;

    return n && !trace->asked[n - 1].is_settled ? trace->asked[n - 1].first_us + trace->patience_us : 0;
}

static void ask_what_is_due(struct trace *trace, int64_t now_us)
{
    for (unsigned n = 1; n <= trace->path->probed && !trace->is_broken; n++) {
        struct backend_loop *asked = &trace->asked[n - 1];

        if (asked->is_settled || due_us(trace, asked) > now_us)
            continue;
        if (asked->tries == TRACE_TRIES)
            settle(asked);
        else
            ask(trace, n);
    }
    if (!trace->is_broken && has_next(trace) && next_us(trace) <= now_us)
        ask_next(trace);
}

/* No hop behind this one is of interest any more. */
static void end_at(struct trace *trace, unsigned n, const struct trace_answer *answer)
{
    struct trace_path *path = trace->path;

    for (unsigned i = n; i < path->probed; i++) {
        settle(&trace->asked[i]);
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
    settle(&trace->asked[n - 1]);
    trace->path->hops[n - 1] = answer->hop;
    if (answer->end != TRACE_SILENT)
        end_at(trace, n, answer);
}

/* What has an event without an answer will not get one: it waits to be asked again. */
static void hear(struct trace *trace, unsigned n)
{
    struct backend_loop *asked = &trace->asked[n - 1];
    struct trace_answer answer;

    if (trace_probe_answer(&asked->probe, &trace->path->to, &answer))
        take(trace, n, &answer);
    else
        trace_probe_end(&asked->probe);
}

/* Lets time pass until something is due or heard. */
static void await(struct trace *trace, int64_t now_us)
{
    struct pollfd states[TRACE_HOPS_MAX];
    unsigned count = trace->path->probed;
    int64_t until_us = has_next(trace) ? next_us(trace) : INT64_MAX;

    for (unsigned i = 0; i < count; i++) {
        struct backend_loop *asked = &trace->asked[i];

        states[i] = (struct pollfd){.fd = asked->probe.fd, .events = POLLOUT};
        if (!asked->is_settled && due_us(trace, asked) < until_us)
            until_us = due_us(trace, asked);
    }
    if (poll(states, count, until_us > now_us ? (int)((until_us - now_us + 999) / 1000) : 0) <= 0)
        return;
    for (unsigned i = 0; i < count && i < trace->path->probed && !trace->is_broken; i++)
        if (states[i].revents)
            hear(trace, i + 1);
}

static bool is_over(const struct trace *trace)
{
    if (trace->is_broken)
        return true;
    for (unsigned i = 0; i < trace->path->probed; i++)
        if (!trace->asked[i].is_settled)
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
        settle(&trace.asked[i]);
}
