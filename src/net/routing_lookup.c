#include "net/routing.h"

#include "net/routing_internal.h"

#include <errno.h>
#include <linux/rtnetlink.h>

static void put_address(struct nlmsghdr *request, uint16_t type, const union inet_address *address)
{
    if (address->any.sa_family == AF_INET)
        mnl_attr_put(request, type, sizeof address->in.sin_addr, &address->in.sin_addr);
    else
        mnl_attr_put(request, type, sizeof address->in6.sin6_addr, &address->in6.sin6_addr);
}

static void take_first(void *context, const struct nlmsghdr *message)
{
    struct routing_route *route = context;

    if (message->nlmsg_type == RTM_NEWROUTE && !route->family)
        routing_take_route(message, route);
}

/* If the route refuses, the kernel answers with an error for IPv4, but with the route for IPv6. */
static int refusal(const struct routing_route *route)
{
    switch (route->type) {
    case RTN_UNREACHABLE: return EHOSTUNREACH;
    case RTN_PROHIBIT: return EACCES;
    case RTN_BLACKHOLE: return EINVAL;
    default: return route->family ? 0 : ENETUNREACH;
    }
}

static uint8_t bits_of(const union inet_address *address)
{
    return address->any.sa_family == AF_INET ? 32 : 128;
}

bool routing_lookup(const union inet_address *to, const union inet_address *from, uint32_t mark,
                    unsigned interface, struct routing_route *route)
{
    _Alignas(struct nlmsghdr) char buffer[512] = {0};
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    struct rtmsg *header = mnl_nlmsg_put_extra_header(request, sizeof *header);

    *route = (struct routing_route){0};
    request->nlmsg_type = RTM_GETROUTE;
    request->nlmsg_flags = NLM_F_REQUEST;
    *header = (struct rtmsg){.rtm_family = (unsigned char)to->any.sa_family,
                             .rtm_dst_len = bits_of(to),
                             .rtm_src_len = from ? bits_of(from) : 0,
                             .rtm_flags = RTM_F_LOOKUP_TABLE};
    put_address(request, RTA_DST, to);
    if (from)
        put_address(request, RTA_SRC, from);
    if (mark)
        mnl_attr_put_u32(request, RTA_MARK, mark);
    if (interface)
        mnl_attr_put_u32(request, RTA_IIF, interface);
    if (!routing_ask(request, take_first, route))
        return false;
    errno = refusal(route);
    return errno == 0;
}
