#include "gateway/plan/routing_walk.h"

#include "base/network.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* Limit for nested masters; the kernel nests at most 8. */
enum { DEPTH_MAX = 16 };

static bool is_in_vrf(const struct routing_interfaces *all, const char *name)
{
    const struct routing_interface *at = routing_interface_named(all, name);

    for (int i = 0; at && i < DEPTH_MAX; i++, at = routing_interface_at(all, at->master))
        if (strcmp(at->kind, "vrf") == 0)
            return true;
    return false;
}

static bool is_in_ports(const uint16_t ports[2], uint16_t port)
{
    return !ports[1] || (port >= ports[0] && port <= ports[1]);
}

static bool is_in_network(const struct inet_network *network, const union inet_address *address)
{
    return !network->bits || network_has(network, address);
}

static bool has_header(const struct routing_rule *rule, const struct routing_packet *packet)
{
    return is_in_network(&rule->from, &packet->from) && is_in_network(&rule->to, &packet->to) &&
           (!rule->protocol || rule->protocol == packet->protocol) &&
           is_in_ports(rule->sports, packet->sport) && is_in_ports(rule->dports, packet->dport) && !rule->tos;
}

/* A forwarded packet has no outgoing interface yet, and counts as sent by root. */
static bool has_circumstances(const struct routing_rule *rule, const struct routing_packet *packet,
                              const struct routing_interfaces *interfaces)
{
    return ((packet->mark ^ rule->mark) & rule->mask) == 0 &&
           (!*rule->iif || strcmp(rule->iif, packet->interface) == 0) && !*rule->oif &&
           (!rule->has_uids || rule->uids[0] == 0) &&
           (!rule->is_l3mdev || is_in_vrf(interfaces, packet->interface)) && !rule->has_unknown;
}

bool routing_rule_matches(const struct routing_rule *rule, const struct routing_packet *packet,
                          const struct routing_interfaces *interfaces)
{
    return (has_header(rule, packet) && has_circumstances(rule, packet, interfaces)) != rule->is_inverted;
}

static bool is_better(const struct routing_route *route, const struct routing_route *than)
{
    return !than || route->bits > than->bits || (route->bits == than->bits && route->metric < than->metric);
}

static const struct routing_route *look_up(const struct routing_routes *routes, uint32_t table,
                                           const union inet_address *to)
{
    const struct routing_route *found = NULL;

    for (size_t i = 0; i < routes->n; i++) {
        const struct routing_route *route = &routes->at[i];
        struct inet_network destination = {route->to, route->bits};

        if (route->table == table && !route->is_dead && is_in_network(&destination, to) &&
            is_better(route, found))
            found = route;
    }
    return found;
}

static bool is_suppressed(const struct routing_rule *rule, const struct routing_route *route,
                          const struct routing_interfaces *interfaces)
{
    const struct routing_interface *by = routing_interface_at(interfaces, route->interface);

    if (rule->suppress_bits != ROUTING_NO_SUPPRESSION && route->bits <= rule->suppress_bits)
        return true;
    return rule->suppress_group != ROUTING_NO_SUPPRESSION && by && by->group == rule->suppress_group;
}

static const struct routing_route *answer_of(const struct routing_tables *tables,
                                             const struct routing_rule *rule,
                                             const struct routing_packet *packet)
{
    const struct routing_route *route = look_up(tables->routes, rule->table, &packet->to);

    if (!route || route->type == RTN_THROW || is_suppressed(rule, route, tables->interfaces))
        return NULL;
    return route;
}

/* Returns the index of the first rule with the priority `target`. A target is always after its goto. If no
 * rule has that priority, the goto has no effect, and the result is the index of the next rule. */
static size_t after_goto(const struct routing_rules *rules, size_t i)
{
    for (size_t next = i + 1; next < rules->n; next++)
        if (rules->at[next].priority == rules->at[i].target)
            return next;
    return i + 1;
}

struct routing_decision routing_walk(const struct routing_tables *tables, const struct routing_packet *packet)
{
    const struct routing_rules *rules = tables->rules;
    size_t next;

    for (size_t i = 0; i < rules->n; i = next) {
        const struct routing_rule *rule = &rules->at[i];
        const struct routing_route *route;

        next = i + 1;
        if (!routing_rule_matches(rule, packet, tables->interfaces) || rule->action == FR_ACT_NOP)
            continue;
        if (rule->action == FR_ACT_GOTO) {
            next = after_goto(rules, i);
            continue;
        }
        route = rule->action == FR_ACT_TO_TBL ? answer_of(tables, rule, packet) : NULL;
        if (route || rule->action != FR_ACT_TO_TBL || rule->is_l3mdev)
            return (struct routing_decision){rule, route};
    }
    return (struct routing_decision){0};
}

static void print_network(const char *word, const struct inet_network *network, struct buf *out)
{
    if (!network->bits)
        return;
    buf_add_format(out, "%s ", word);
    network_print(network, out);
    buf_add_char(out, ' ');
}

static void print_ports(const char *word, const uint16_t ports[2], struct buf *out)
{
    if (ports[1])
        buf_add_format(out, "%s %u-%u ", word, ports[0], ports[1]);
}

static void print_conditions(const struct routing_rule *rule, struct buf *out)
{
    buf_add(out, rule->is_inverted ? SPAN("not ") : SPAN(""));
    print_network("from", &rule->from, out);
    print_network("to", &rule->to, out);
    if (rule->tos)
        buf_add_format(out, "tos %#x ", rule->tos);
    if (rule->mask)
        buf_add_format(out, "fwmark %#x/%#x ", rule->mark, rule->mask);
    if (*rule->iif)
        buf_add_format(out, "iif %s ", rule->iif);
    if (*rule->oif)
        buf_add_format(out, "oif %s ", rule->oif);
    if (rule->has_uids)
        buf_add_format(out, "uidrange %u-%u ", rule->uids[0], rule->uids[1]);
    if (rule->protocol)
        buf_add_format(out, "ipproto %u ", rule->protocol);
    print_ports("sport", rule->sports, out);
    print_ports("dport", rule->dports, out);
}

static bool print_action(const struct routing_rule *rule, struct buf *out)
{
    switch (rule->action) {
    case FR_ACT_TO_TBL:
        if (rule->is_l3mdev)
            buf_add(out, SPAN("l3mdev"));
        else
            buf_add_format(out, "table %u", rule->table);
        break;
    case FR_ACT_GOTO: buf_add_format(out, "goto %u", rule->target); break;
    case FR_ACT_NOP: buf_add(out, SPAN("nop")); break;
    case FR_ACT_BLACKHOLE: buf_add(out, SPAN("blackhole")); break;
    case FR_ACT_UNREACHABLE: buf_add(out, SPAN("unreachable")); break;
    case FR_ACT_PROHIBIT: buf_add(out, SPAN("prohibit")); break;
    default: return false;
    }
    if (rule->suppress_bits != ROUTING_NO_SUPPRESSION)
        buf_add_format(out, " suppress_prefixlength %u", rule->suppress_bits);
    if (rule->suppress_group != ROUTING_NO_SUPPRESSION)
        buf_add_format(out, " suppress_ifgroup %u", rule->suppress_group);
    return true;
}

bool routing_rule_print(const struct routing_rule *rule, struct buf *out)
{
    if (rule->has_unknown)
        return false;
    print_conditions(rule, out);
    return print_action(rule, out);
}
