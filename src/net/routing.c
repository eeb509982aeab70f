#include "net/routing.h"

#include "net/routing_internal.h"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

/* Room for one more at the end of a list. */
#define GROW(list)                                                                      \
    ((list)->at = mem_grow((list)->at, (list)->n + 1, sizeof *(list)->at), (list)->n++, \
     &(list)->at[(list)->n - 1])

struct wanted_routes {
    struct routing_routes *routes;
    uint32_t table; /* 0: all */
};

static bool dump(int type, int family, size_t header_size,
                 void (*got)(void *context, const struct nlmsghdr *message), void *context)
{
    _Alignas(struct nlmsghdr) char room[256] = {0};
    struct nlmsghdr *request = mnl_nlmsg_put_header(room);
    unsigned char *header = mnl_nlmsg_put_extra_header(request, header_size);

    request->nlmsg_type = (uint16_t)type;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    header[0] = (unsigned char)family; /* where every header of rtnetlink's has it */
    return routing_ask(request, got, context);
}

/* What a rule may say beside its mark and still mean just that. */
static bool is_plain(unsigned type, const struct nlattr *attribute)
{
    switch (type) {
    case FRA_PRIORITY:
    case FRA_FWMARK:
    case FRA_FWMASK:
    case FRA_TABLE:
    case FRA_PROTOCOL: return true;
    case FRA_SUPPRESS_PREFIXLEN:
    case FRA_SUPPRESS_IFGROUP:
        return mnl_attr_get_payload_len(attribute) == sizeof(uint32_t) &&
               mnl_attr_get_u32(attribute) == UINT32_MAX;
    default: return false;
    }
}

static bool has_more(const struct fib_rule_hdr *header, const struct routing_attributes *attributes)
{
    bool more = header->src_len || header->dst_len || header->tos || header->flags & FIB_RULE_INVERT;

    for (unsigned i = 1; i < ROUTING_ATTRIBUTE_MAX; i++)
        more = more || (attributes->at[i] && !is_plain(i, attributes->at[i]));
    return more;
}

static void take_rule(void *context, const struct nlmsghdr *message)
{
    const struct fib_rule_hdr *header = mnl_nlmsg_get_payload(message);
    struct routing_rules *rules = context;
    struct routing_attributes attributes;

    if (message->nlmsg_type != RTM_NEWRULE)
        return;
    routing_parse(message, sizeof *header, &attributes);
    *GROW(rules) = (struct routing_rule){
        .family = header->family,
        .priority = routing_u32(&attributes, FRA_PRIORITY, 0),
        .table = routing_u32(&attributes, FRA_TABLE, header->table),
        .mark = routing_u32(&attributes, FRA_FWMARK, 0),
        .mask = routing_u32(&attributes, FRA_FWMASK, 0),
        .action = header->action,
        .has_more = has_more(header, &attributes),
    };
}

bool routing_read_rules(int family, struct routing_rules *rules)
{
    *rules = (struct routing_rules){0};
    return dump(RTM_GETRULE, family, sizeof(struct fib_rule_hdr), take_rule, rules);
}

/* RTA_VIA, or an IPv4 route by an IPv6 neighbour: family, then the address. */
static bool take_via(const struct nlattr *attribute, union conf_address *via)
{
    const struct rtvia *told = attribute ? mnl_attr_get_payload(attribute) : NULL;

    if (!told || told->rtvia_family != AF_INET6 ||
        mnl_attr_get_payload_len(attribute) < sizeof *told + sizeof via->in6.sin6_addr)
        return false;
    *via = (union conf_address){.in6.sin6_family = AF_INET6};
    memcpy(&via->in6.sin6_addr, told->rtvia_addr, sizeof via->in6.sin6_addr);
    return true;
}

/* Of several next hops the first. */
static void take_hops(const struct nlattr *attribute, struct routing_route *route)
{
    const struct rtnexthop *hop = mnl_attr_get_payload(attribute);
    size_t size = mnl_attr_get_payload_len(attribute);
    const struct nlattr *attr;

    if (size < sizeof *hop || hop->rtnh_len > size || hop->rtnh_len < sizeof *hop)
        return;
    route->interface = (unsigned)hop->rtnh_ifindex;
    size = hop->rtnh_len - sizeof *hop;
    for (attr = (const struct nlattr *)(hop + 1); mnl_attr_ok(attr, (int)size);
         size -= (size_t)MNL_ALIGN(attr->nla_len), attr = mnl_attr_next(attr))
        if (mnl_attr_get_type(attr) == RTA_GATEWAY)
            route->has_via = routing_address(attr, route->family, &route->via);
}

void routing_take_route(const struct nlmsghdr *message, struct routing_route *route)
{
    const struct rtmsg *header = mnl_nlmsg_get_payload(message);
    struct routing_attributes attributes;

    routing_parse(message, sizeof *header, &attributes);
    *route = (struct routing_route){
        .family = header->rtm_family,
        .table = routing_u32(&attributes, RTA_TABLE, header->rtm_table),
        .metric = routing_u32(&attributes, RTA_PRIORITY, 0),
        .type = header->rtm_type,
        .bits = header->rtm_dst_len,
        .protocol = header->rtm_protocol,
        .interface = routing_u32(&attributes, RTA_OIF, 0),
    };
    route->has_via = routing_address(attributes.at[RTA_GATEWAY], route->family, &route->via) ||
                     take_via(attributes.at[RTA_VIA], &route->via);
    if (attributes.at[RTA_MULTIPATH])
        take_hops(attributes.at[RTA_MULTIPATH], route);
}

static void take_route(void *context, const struct nlmsghdr *message)
{
    const struct rtmsg *header = mnl_nlmsg_get_payload(message);
    struct wanted_routes *wanted = context;
    struct routing_route route;

    if (message->nlmsg_type != RTM_NEWROUTE || header->rtm_flags & RTM_F_CLONED)
        return;
    routing_take_route(message, &route);
    if (!wanted->table || route.table == wanted->table)
        *GROW(wanted->routes) = route;
}

bool routing_read_routes(int family, uint32_t table, struct routing_routes *routes)
{
    *routes = (struct routing_routes){0};
    return dump(RTM_GETROUTE, family, sizeof(struct rtmsg), take_route,
                &(struct wanted_routes){routes, table});
}

static void take_interface(void *context, const struct nlmsghdr *message)
{
    const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
    struct routing_interfaces *interfaces = context;
    struct routing_interface *interface;
    struct routing_attributes attributes;

    if (message->nlmsg_type != RTM_NEWLINK)
        return;
    routing_parse(message, sizeof *header, &attributes);
    interface = GROW(interfaces);
    *interface = (struct routing_interface){
        .index = (unsigned)header->ifi_index,
        .is_up = header->ifi_flags & IFF_UP,
        .is_loopback = header->ifi_flags & IFF_LOOPBACK,
    };
    if (attributes.at[IFLA_IFNAME])
        memcpy(interface->name, mnl_attr_get_str(attributes.at[IFLA_IFNAME]),
               strnlen(mnl_attr_get_str(attributes.at[IFLA_IFNAME]), IF_NAMESIZE - 1));
}

bool routing_read_interfaces(struct routing_interfaces *interfaces)
{
    *interfaces = (struct routing_interfaces){0};
    return dump(RTM_GETLINK, AF_UNSPEC, sizeof(struct ifinfomsg), take_interface, interfaces);
}

/* IFA_LOCAL is this end's where a link has two, IFA_ADDRESS the other's. */
static void take_address(void *context, const struct nlmsghdr *message)
{
    const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
    struct conf_addresses *own = context;
    struct routing_attributes attributes;

    if (message->nlmsg_type != RTM_NEWADDR || header->ifa_scope == RT_SCOPE_LINK || own->n == CONF_LIST_MAX)
        return;
    routing_parse(message, sizeof *header, &attributes);
    if (routing_address(attributes.at[IFA_LOCAL], header->ifa_family, &own->at[own->n]) ||
        routing_address(attributes.at[IFA_ADDRESS], header->ifa_family, &own->at[own->n]))
        own->n++;
}

bool routing_read_addresses(struct conf_addresses *own)
{
    *own = (struct conf_addresses){0};
    return dump(RTM_GETADDR, AF_UNSPEC, sizeof(struct ifaddrmsg), take_address, own);
}
