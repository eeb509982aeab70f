#include "gateway/trace/trace_path.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

const char *trace_end_name(enum trace_end end)
{
    switch (end) {
    case TRACE_SILENT: return "silent";
    case TRACE_ACCEPTED: return "accepted";
    case TRACE_REFUSED: return "refused";
    case TRACE_UNREACHABLE: return "unreachable";
    case TRACE_NOT_SENT: return "not sent";
    }
    return "unknown";
}

const struct trace_hop *trace_path_hop(const struct trace_path *path, unsigned n)
{
    return n >= 1 && n <= path->probed && path->hops[n - 1].has_answered ? &path->hops[n - 1] : NULL;
}

unsigned trace_path_between(const struct trace_path *path)
{
    return path->end_hop ? path->end_hop - 1 : path->probed;
}

unsigned trace_path_distance(const struct trace_path *path)
{
    const struct trace_hop *end = trace_path_hop(path, path->end_hop);

    switch (path->end) {
    case TRACE_ACCEPTED:
    case TRACE_REFUSED: return path->end_hop;
    case TRACE_UNREACHABLE: return end && trace_same_host(&end->address, &path->to) ? path->end_hop : 0;
    case TRACE_SILENT:
    case TRACE_NOT_SENT: break;
    }
    return 0;
}

unsigned trace_path_distance_min(const struct trace_path *path)
{
    unsigned n = trace_path_between(path);

    if (trace_path_distance(path))
        return trace_path_distance(path);
    while (n && !trace_path_hop(path, n))
        n--;
    return n + 1;
}

unsigned trace_path_last_answered(const struct trace_path *path)
{
    unsigned n = path->probed;

    while (n && !trace_path_hop(path, n))
        n--;
    return n;
}

bool trace_same_host(const union inet_address *a, const union inet_address *b)
{
    if (a->any.sa_family != b->any.sa_family)
        return false;
    if (a->any.sa_family == AF_INET6)
        return IN6_ARE_ADDR_EQUAL(&a->in6.sin6_addr, &b->in6.sin6_addr);
    return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
}

static const char *unreach_name(unsigned code)
{
    switch (code) {
    case ICMP_NET_UNREACH: return "network unreachable";
    case ICMP_HOST_UNREACH: return "host unreachable";
    case ICMP_PROT_UNREACH: return "protocol unreachable";
    case ICMP_PORT_UNREACH: return "port unreachable";
    case ICMP_NET_UNKNOWN: return "network unknown";
    case ICMP_HOST_UNKNOWN: return "host unknown";
    case ICMP_NET_ANO: return "network prohibited";
    case ICMP_HOST_ANO: return "host prohibited";
    case ICMP_PKT_FILTERED: return "communication prohibited";
    }
    return "unreachable";
}

static const char *unreach6_name(unsigned code)
{
    switch (code) {
    case ICMP6_DST_UNREACH_NOROUTE: return "no route";
    case ICMP6_DST_UNREACH_ADMIN: return "communication prohibited";
    case ICMP6_DST_UNREACH_BEYONDSCOPE: return "beyond scope";
    case ICMP6_DST_UNREACH_ADDR: return "host unreachable";
    case ICMP6_DST_UNREACH_NOPORT: return "port unreachable";
    case 5: return "source address refused"; /* RFC 4443 3.1 */
    case 6: return "route refused";
    }
    return "unreachable";
}

void trace_add_icmp(struct buf *out, const struct trace_path *path)
{
    bool is_ipv6 = path->to.any.sa_family == AF_INET6;
    const char *name = "an error";

    if (path->icmp_type == (is_ipv6 ? ICMP6_DST_UNREACH : ICMP_DEST_UNREACH))
        name = is_ipv6 ? unreach6_name(path->icmp_code) : unreach_name(path->icmp_code);
    buf_add_format(out, "%s (ICMP%s type %u, code %u)", name, is_ipv6 ? "v6" : "", path->icmp_type,
                   path->icmp_code);
}

uint16_t trace_path_port(const struct trace_path *path)
{
    return ntohs(path->to.any.sa_family == AF_INET6 ? path->to.in6.sin6_port : path->to.in.sin_port);
}
