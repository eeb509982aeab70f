#include "net/routing.h"

#include "net/routing_internal.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

struct wanted_routes {
    struct routing_routes *routes;
    uint32_t table; /* 0: all */
};

bool routing_dump(int type, int family, size_t header_size,
                  void (*got)(void *context, const struct nlmsghdr *message), void *context)
{
    _Alignas(struct nlmsghdr) char buffer[256] = {0};
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    unsigned char *header = mnl_nlmsg_put_extra_header(request, header_size);

    request->nlmsg_type = (uint16_t)type;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    header[0] = (unsigned char)family; /* every fixed header of rtnetlink begins with the family */
    return routing_ask(request, got, context);
}

/* Parses RTA_VIA, which an IPv4 route via an IPv6 neighbour has: the family, then the address. */
static bool take_via(const struct nlattr *attribute, union inet_address *via)
{
    const struct rtvia *reported = attribute ? mnl_attr_get_payload(attribute) : NULL;

    if (!reported || reported->rtvia_family != AF_INET6 ||
        mnl_attr_get_payload_len(attribute) < sizeof *reported + sizeof via->in6.sin6_addr)
        return false;
    *via = (union inet_address){.in6.sin6_family = AF_INET6};
    memcpy(&via->in6.sin6_addr, reported->rtvia_addr, sizeof via->in6.sin6_addr);
    return true;
}

/* If there are several next hops, takes the first one. */
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
        .is_dead = header->rtm_flags & RTNH_F_DEAD,
    };
    routing_address(attributes.at[RTA_DST], route->family, &route->to);
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
        *ROUTING_GROW(wanted->routes) = route;
}

bool routing_read_routes(int family, uint32_t table, struct routing_routes *routes)
{
    *routes = (struct routing_routes){0};
    return routing_dump(RTM_GETROUTE, family, sizeof(struct rtmsg), take_route,
                        &(struct wanted_routes){routes, table});
}

static void take_name(const struct nlattr *attribute, char name[IF_NAMESIZE])
{
    size_t n = attribute ? strnlen(mnl_attr_get_str(attribute), mnl_attr_get_payload_len(attribute)) : 0;

    if (n < IF_NAMESIZE)
        memcpy(name, attribute ? mnl_attr_get_str(attribute) : "", n);
}

struct wanted_name {
    unsigned type;
    char *name;
};

static int take_if_wanted(const struct nlattr *attribute, void *context)
{
    const struct wanted_name *wanted = context;

    if (mnl_attr_get_type(attribute) == wanted->type)
        take_name(attribute, wanted->name);
    return MNL_CB_OK;
}

/* Takes the name of this type from a nested list of attributes. If there are several, takes the last one that
 * fits. */
static void take_nested_name(const struct nlattr *list, unsigned type, char name[IF_NAMESIZE])
{
    if (list)
        mnl_attr_parse_nested(list, take_if_wanted, &(struct wanted_name){type, name});
}

/* Ignores a lower interface that is in another network namespace: its index has another meaning here. */
static void take_links(const struct routing_attributes *attributes, struct routing_interface *interface)
{
    interface->master = routing_u32(attributes, IFLA_MASTER, 0);
    if (!attributes->at[IFLA_LINK_NETNSID])
        interface->lower = routing_u32(attributes, IFLA_LINK, 0);
    interface->group = routing_u32(attributes, IFLA_GROUP, 0);
    take_nested_name(attributes->at[IFLA_LINKINFO], IFLA_INFO_KIND, interface->kind);
    take_nested_name(attributes->at[IFLA_PROP_LIST], IFLA_ALT_IFNAME, interface->alternative);
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
    interface = ROUTING_GROW(interfaces);
    *interface = (struct routing_interface){
        .index = (unsigned)header->ifi_index,
        .is_up = header->ifi_flags & IFF_UP,
        .is_loopback = header->ifi_flags & IFF_LOOPBACK,
    };
    take_name(attributes.at[IFLA_IFNAME], interface->name);
    take_links(&attributes, interface);
}

bool routing_read_interfaces(struct routing_interfaces *interfaces)
{
    *interfaces = (struct routing_interfaces){0};
    return routing_dump(RTM_GETLINK, AF_UNSPEC, sizeof(struct ifinfomsg), take_interface, interfaces);
}

/* On a point-to-point link, IFA_LOCAL is the address of this end, and IFA_ADDRESS that of the other end. */
static void take_address(void *context, const struct nlmsghdr *message)
{
    const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
    struct inet_addresses *own = context;
    struct routing_attributes attributes;

    if (message->nlmsg_type != RTM_NEWADDR || header->ifa_scope == RT_SCOPE_LINK || own->n == INET_LIST_MAX)
        return;
    routing_parse(message, sizeof *header, &attributes);
    if (routing_address(attributes.at[IFA_LOCAL], header->ifa_family, &own->at[own->n]) ||
        routing_address(attributes.at[IFA_ADDRESS], header->ifa_family, &own->at[own->n]))
        own->n++;
}

bool routing_read_addresses(struct inet_addresses *own)
{
    *own = (struct inet_addresses){0};
    return routing_dump(RTM_GETADDR, AF_UNSPEC, sizeof(struct ifaddrmsg), take_address, own);
}
