#include "gateway/plan/gateway_interfaces.h"

#include "gateway/plan/gateway_numbers.h"

#include <string.h>

/* Limit for following masters or lower interfaces; the kernel nests at most 8. */
enum { DEPTH_MAX = 16 };

static const struct routing_interface *find_alternative(const struct routing_interfaces *all,
                                                        const char *name)
{
    for (size_t i = 0; i < all->n; i++)
        if (strcmp(all->at[i].alternative, name) == 0)
            return &all->at[i];
    return NULL;
}

static void add(struct gateway_interface_findings *findings, enum gateway_interface_fault fault,
                const char *name, const struct routing_interface *other)
{
    struct gateway_interface_finding *finding = &findings->at[findings->n];

    if (findings->n == GATEWAY_FINDINGS_MAX)
        return;
    findings->n++;
    *finding = (struct gateway_interface_finding){.fault = fault};
    memcpy(finding->name, name, strnlen(name, IF_NAMESIZE - 1));
    if (other) {
        memcpy(finding->other, other->name, IF_NAMESIZE);
        memcpy(finding->kind, other->kind, IF_NAMESIZE);
    }
}

static bool is_vrf(const struct routing_interface *interface)
{
    return strcmp(interface->kind, "vrf") == 0;
}

/* Returns the outermost bridge, bond or team that has the interface as a port, directly or through others.
 * NULL: none. */
static const struct routing_interface *outermost(const struct routing_interfaces *all,
                                                 const struct routing_interface *interface)
{
    const struct routing_interface *found = NULL, *master = interface;

    for (int i = 0; i < DEPTH_MAX; i++) {
        master = routing_interface_at(all, master->master);
        if (!master || is_vrf(master))
            break;
        found = master;
    }
    return found;
}

static const struct routing_interface *vrf_of(const struct routing_interfaces *all,
                                              const struct routing_interface *interface)
{
    const struct routing_interface *master = interface;

    for (int i = 0; i < DEPTH_MAX && master; i++) {
        master = routing_interface_at(all, master->master);
        if (master && is_vrf(master))
            return master;
    }
    return NULL;
}

static void check_listed(const struct inet_interfaces *listed, const struct routing_interfaces *all,
                         const char *name, struct gateway_interface_findings *findings)
{
    const struct routing_interface *interface = routing_interface_named(all, name), *other;

    if (!interface) {
        other = find_alternative(all, name);
        add(findings, other ? GATEWAY_INTERFACE_ALTNAME : GATEWAY_INTERFACE_ABSENT, name, other);
        return;
    }
    other = outermost(all, interface);
    if (other && !gateway_has_interface(listed, other->name))
        add(findings, GATEWAY_INTERFACE_PORT, name, other);
    other = vrf_of(all, interface);
    if (other)
        add(findings, GATEWAY_INTERFACE_VRF, name, other);
    if (!interface->is_up)
        add(findings, GATEWAY_INTERFACE_DOWN, name, NULL);
}

static bool takes_packets(const struct routing_interface *interface)
{
    static const char *const kinds[] = {"vlan", "macvlan", "ipvlan", "macsec"};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(interface->kind, kinds[i]) == 0)
            return interface->is_up;
    return false;
}

/* Returns the nearest listed interface below `interface`, or NULL. */
static const struct routing_interface *listed_below(const struct inet_interfaces *listed,
                                                    const struct routing_interfaces *all,
                                                    const struct routing_interface *interface)
{
    const struct routing_interface *lower = interface;

    for (int i = 0; i < DEPTH_MAX && lower; i++) {
        lower = routing_interface_at(all, lower->lower);
        if (lower && gateway_has_interface(listed, lower->name))
            return lower;
    }
    return NULL;
}

static void check_upper(const struct inet_interfaces *listed, const struct inet_interfaces *uplinks,
                        const struct routing_interfaces *all, struct gateway_interface_findings *findings)
{
    for (size_t i = 0; i < all->n; i++) {
        const struct routing_interface *upper = &all->at[i], *below;

        if (!takes_packets(upper) || gateway_has_interface(listed, upper->name) ||
            gateway_has_interface(uplinks, upper->name))
            continue;
        below = listed_below(listed, all, upper);
        if (below)
            add(findings, GATEWAY_INTERFACE_UPPER, below->name, upper);
    }
}

void gateway_interfaces_check(const struct inet_interfaces *listed, const struct inet_interfaces *uplinks,
                              const struct routing_interfaces *all,
                              struct gateway_interface_findings *findings)
{
    *findings = (struct gateway_interface_findings){0};
    for (size_t i = 0; i < listed->n; i++)
        check_listed(listed, all, listed->at[i], findings);
    check_upper(listed, uplinks, all, findings);
}

bool gateway_interface_finding_is_error(const struct gateway_interface_finding *finding)
{
    return finding->fault != GATEWAY_INTERFACE_UPPER && finding->fault != GATEWAY_INTERFACE_DOWN;
}

void gateway_interfaces_print(const struct inet_interfaces *listed, const char *name, const char *instead,
                              struct buf *out)
{
    bool is_in = false;

    buf_add(out, SPAN("interface ="));
    for (size_t i = 0; i < listed->n; i++) {
        bool is_replaced = instead && strcmp(listed->at[i], instead) == 0;

        if (!is_replaced || !is_in)
            buf_add_format(out, " %s", is_replaced ? name : listed->at[i]);
        is_in = is_in || is_replaced;
    }
    if (!is_in)
        buf_add_format(out, " %s", name);
}

static void explain_port(const struct gateway_interface_finding *finding,
                         const struct inet_interfaces *listed, struct buf *out)
{
    buf_add_format(out,
                   "[gateway] interface: %s is a port of %s%s%s%s, so its packets have that name and "
                   "are not diverted: write ",
                   finding->name, *finding->kind ? "the " : "", finding->kind, *finding->kind ? " " : "",
                   finding->other);
    gateway_interfaces_print(listed, finding->other, finding->name, out);
}

void gateway_interface_explain(const struct gateway_interface_finding *finding,
                               const struct inet_interfaces *listed, struct buf *out)
{
    switch (finding->fault) {
    case GATEWAY_INTERFACE_ABSENT:
        buf_add_format(out, "[gateway] interface: %s does not exist; `ip link` lists the interfaces",
                       finding->name);
        break;
    case GATEWAY_INTERFACE_ALTNAME:
        buf_add_format(
            out,
            "[gateway] interface: %s is an altname of %s, and the packet filter knows no altnames: write ",
            finding->name, finding->other);
        gateway_interfaces_print(listed, finding->other, finding->name, out);
        break;
    case GATEWAY_INTERFACE_PORT: explain_port(finding, listed, out); break;
    case GATEWAY_INTERFACE_VRF:
        buf_add_format(
            out,
            "[gateway] interface: %s is in the VRF %s, whose table routes packets before the mark is "
            "checked: ip link set %s nomaster",
            finding->name, finding->other, finding->name);
        break;
    case GATEWAY_INTERFACE_UPPER:
        buf_add_format(
            out,
            "[gateway] interface: mail that comes in by %s (%s, above %s) is not diverted: if clients "
            "are there, write ",
            finding->other, finding->kind, finding->name);
        gateway_interfaces_print(listed, finding->other, NULL, out);
        break;
    case GATEWAY_INTERFACE_DOWN:
        buf_add_format(out, "[gateway] interface: %s is down: ip link set %s up", finding->name,
                       finding->name);
        break;
    }
}

bool gateway_interface_finding_equals(const struct gateway_interface_finding *a,
                                      const struct gateway_interface_finding *b)
{
    return a->fault == b->fault && strcmp(a->name, b->name) == 0 && strcmp(a->other, b->other) == 0;
}
