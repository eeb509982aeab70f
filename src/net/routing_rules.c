#include "net/routing_internal.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

/* Returns whether the attribute adds no further condition. Such an attribute is the mark, priority, table or
 * origin of the rule, or a suppression without effect. */
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

/* Port masks. Since 6.15 Linux reports them in every rule with ports. */
enum { SPORT_MASK = 28, DPORT_MASK = 29 };

static bool is_whole_mask(unsigned type, const struct nlattr *attribute)
{
    return (type == SPORT_MASK || type == DPORT_MASK) &&
           mnl_attr_get_payload_len(attribute) == sizeof(uint16_t) &&
           mnl_attr_get_u16(attribute) == UINT16_MAX;
}

/* Returns whether the rule has a condition that is not evaluated: on a tunnel, or one of later kernels (DSCP,
 * partial port masks ...). */
static bool has_unknown(const struct routing_attributes *attributes)
{
    bool has = attributes->at[FRA_TUN_ID];

    for (unsigned i = FRA_DPORT_RANGE + 1; i < ROUTING_ATTRIBUTE_MAX; i++)
        has = has || (attributes->at[i] && !is_whole_mask(i, attributes->at[i]));
    return has;
}

static void take_name(const struct nlattr *attribute, char name[IF_NAMESIZE])
{
    if (attribute)
        memcpy(name, mnl_attr_get_str(attribute), strnlen(mnl_attr_get_str(attribute), IF_NAMESIZE - 1));
}

static void take_network(const struct nlattr *attribute, const struct fib_rule_hdr *header, uint8_t bits,
                         struct inet_network *network)
{
    if (routing_address(attribute, header->family, &network->address))
        network->bits = bits;
}

static void take_ports(const struct nlattr *attribute, uint16_t ports[2])
{
    const struct fib_rule_port_range *range = attribute ? mnl_attr_get_payload(attribute) : NULL;

    if (range && mnl_attr_get_payload_len(attribute) >= sizeof *range) {
        ports[0] = range->start;
        ports[1] = range->end;
    }
}

static void take_uids(const struct nlattr *attribute, struct routing_rule *rule)
{
    const struct fib_rule_uid_range *range = attribute ? mnl_attr_get_payload(attribute) : NULL;

    rule->has_uids = range && mnl_attr_get_payload_len(attribute) >= sizeof *range;
    if (rule->has_uids) {
        rule->uids[0] = range->start;
        rule->uids[1] = range->end;
    }
}

static uint8_t u8_of(const struct nlattr *attribute)
{
    return attribute && mnl_attr_get_payload_len(attribute) ? mnl_attr_get_u8(attribute) : 0;
}

static void take_conditions(const struct fib_rule_hdr *header, const struct routing_attributes *attributes,
                            struct routing_rule *rule)
{
    take_network(attributes->at[FRA_SRC], header, header->src_len, &rule->from);
    take_network(attributes->at[FRA_DST], header, header->dst_len, &rule->to);
    take_name(attributes->at[FRA_IIFNAME], rule->iif);
    take_name(attributes->at[FRA_OIFNAME], rule->oif);
    take_ports(attributes->at[FRA_SPORT_RANGE], rule->sports);
    take_ports(attributes->at[FRA_DPORT_RANGE], rule->dports);
    take_uids(attributes->at[FRA_UID_RANGE], rule);
    rule->protocol = u8_of(attributes->at[FRA_IP_PROTO]);
    rule->is_l3mdev = u8_of(attributes->at[FRA_L3MDEV]);
    rule->has_more = has_more(header, attributes);
    rule->has_unknown = has_unknown(attributes);
}

static void take_rule(void *context, const struct nlmsghdr *message)
{
    const struct fib_rule_hdr *header = mnl_nlmsg_get_payload(message);
    struct routing_rules *rules = context;
    struct routing_attributes attributes;
    struct routing_rule *rule;

    if (message->nlmsg_type != RTM_NEWRULE)
        return;
    routing_parse(message, sizeof *header, &attributes);
    rule = ROUTING_GROW(rules);
    *rule = (struct routing_rule){
        .family = header->family,
        .priority = routing_u32(&attributes, FRA_PRIORITY, 0),
        .table = routing_u32(&attributes, FRA_TABLE, header->table),
        .mark = routing_u32(&attributes, FRA_FWMARK, 0),
        .mask = routing_u32(&attributes, FRA_FWMASK, 0),
        .action = header->action,
        .is_inverted = header->flags & FIB_RULE_INVERT,
        .tos = header->tos,
        .target = routing_u32(&attributes, FRA_GOTO, 0),
        .suppress_bits = routing_u32(&attributes, FRA_SUPPRESS_PREFIXLEN, ROUTING_NO_SUPPRESSION),
        .suppress_group = routing_u32(&attributes, FRA_SUPPRESS_IFGROUP, ROUTING_NO_SUPPRESSION),
    };
    take_conditions(header, &attributes, rule);
}

bool routing_read_rules(int family, struct routing_rules *rules)
{
    *rules = (struct routing_rules){0};
    return routing_dump(RTM_GETRULE, family, sizeof(struct fib_rule_hdr), take_rule, rules);
}
