#include "cmd/trace_print.h"

#include "base/network.h"

enum { ADDRESS_WIDTH = 15, ADDRESS_WIDTH_IPV6 = 39 };

/* Adds the address, padded with blanks so that times are aligned. */
static void add_address(const struct trace_path *path, const struct trace_hop *hop, struct buf *out)
{
    size_t begin = out->n, width = path->to.any.sa_family == AF_INET6 ? ADDRESS_WIDTH_IPV6 : ADDRESS_WIDTH;

    network_print_address(&hop->address, out);
    while (out->n - begin < width)
        buf_add_char(out, ' ');
}

static void add_end(const struct trace_path *path, struct buf *out)
{
    buf_add(out, SPAN("  "));
    if (path->end == TRACE_UNREACHABLE)
        trace_add_icmp(out, path);
    else
        buf_add(out, span_of(trace_end_name(path->end)));
}

static void print_hop(const struct trace_path *path, unsigned n, struct buf *out)
{
    const struct trace_hop *hop = trace_path_hop(path, n);

    buf_add_format(out, "%3u  ", n);
    if (!hop) {
        buf_add(out, SPAN("*\n"));
        return;
    }
    add_address(path, hop, out);
    if (hop->rtt_us >= 0)
        buf_add_format(out, "  %9.3f ms", (double)hop->rtt_us / 1000);
    else
        buf_add(out, SPAN("  over 1000 ms"));
    if (n == path->end_hop)
        add_end(path, out);
    buf_add_char(out, '\n');
}

void trace_print(const struct trace_path *path, struct buf *out)
{
    unsigned last = trace_path_last_answered(path);

    for (unsigned n = 1; n <= last; n++)
        print_hop(path, n, out);
    if (path->end == TRACE_NOT_SENT)
        buf_add_format(out, "     %s\n", strerror(path->error));
    else if (path->probed == last + 1)
        buf_add_format(out, "%3u  *\n", path->probed);
    else if (path->probed > last)
        buf_add_format(out, "%3u  *\n     ... and so on up to hop %u\n", last + 1, path->probed);
}

static json_t *host_json(const union inet_address *address)
{
    struct buf text = {0};
    json_t *json;

    network_print_address(address, &text);
    json = json_string(buf_c_str(&text));
    buf_fini(&text);
    return json;
}

static json_t *hop_json(const struct trace_path *path, unsigned n)
{
    const struct trace_hop *hop = trace_path_hop(path, n);
    bool has_time = hop && hop->rtt_us >= 0;

    return json_pack("{s:i, s:o, s:o}", "hop", (int)n, "address",
                     hop ? host_json(&hop->address) : json_null(), "rtt_us",
                     has_time ? json_integer(hop->rtt_us) : json_null());
}

static json_t *path_json(const struct trace_path *path)
{
    json_t *hops = json_array(), *json;

    for (unsigned n = 1; n <= trace_path_last_answered(path); n++)
        json_array_append_new(hops, hop_json(path, n));
    json = json_pack("{s:i, s:s, s:o, s:i, s:o}", "port", (int)trace_path_port(path), "end",
                     trace_end_name(path->end), "end_hop",
                     path->end_hop ? json_integer(path->end_hop) : json_null(), "hops_asked",
                     (int)path->probed, "hops", hops);
    if (path->end == TRACE_UNREACHABLE)
        json_object_set_new(json, "icmp",
                            json_pack("{s:i, s:i}", "type", path->icmp_type, "code", path->icmp_code));
    if (path->end == TRACE_NOT_SENT)
        json_object_set_new(json, "error", json_string(strerror(path->error)));
    return json;
}

json_t *trace_json(const struct traced *traced)
{
    const struct trace_hop *via = trace_path_hop(&traced->path, traced->verdict.via);
    struct buf words = {0};
    json_t *json;

    trace_verdict_explain(&traced->verdict, &traced->path, &traced->control, &words);
    json = json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:o}", "host", traced->host, "address",
                     host_json(&traced->path.to), "verdict", trace_verdict_name(traced->verdict.kind), "text",
                     buf_c_str(&words), "via", via ? host_json(&via->address) : json_null(), "trace",
                     path_json(&traced->path), "control", path_json(&traced->control));
    buf_fini(&words);
    return json;
}
