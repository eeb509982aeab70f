/* gateway_interfaces: finds mistakes in [gateway] interface that keep clients' mail from being diverted.
 * Pure.
 *
 * The packet filter sees one incoming interface per packet: the one that passes the packet to IP. That
 * interface must be listed. For a packet that arrives at a port of a bridge, bond or team, it is the bridge,
 * bond or team. For a packet that an upper interface (VLAN, macvlan, ipvlan, macsec) takes, it is the upper
 * interface. An interface in a VRF cannot be used: the table of the VRF routes its packets before the mark is
 * checked. */
#ifndef POSTERN_GATEWAY_PLAN_GATEWAY_INTERFACES_H
#define POSTERN_GATEWAY_PLAN_GATEWAY_INTERFACES_H

#include "base/buf.h"
#include "base/routing_data.h"

/* Faults of a listed interface. `other`: see struct gateway_interface_finding. */
enum gateway_interface_fault {
    GATEWAY_INTERFACE_ABSENT,  /* there is no interface of that name */
    GATEWAY_INTERFACE_ALTNAME, /* an altname of `other`; the packet filter knows no altnames */
    GATEWAY_INTERFACE_PORT,    /* a port of `other`, which is not listed */
    GATEWAY_INTERFACE_VRF,     /* in the VRF `other` */
    GATEWAY_INTERFACE_UPPER,   /* `other`, an upper interface, takes packets and is not listed */
    GATEWAY_INTERFACE_DOWN
};

struct gateway_interface_finding {
    enum gateway_interface_fault fault;
    char name[IF_NAMESIZE];  /* as listed in [gateway] interface */
    char other[IF_NAMESIZE]; /* the master, upper interface or real name; empty: none */
    char kind[IF_NAMESIZE];  /* kind of `other` */
};

enum { GATEWAY_FINDINGS_MAX = 64 };

struct gateway_interface_findings {
    size_t n; /* at most GATEWAY_FINDINGS_MAX; the others are dropped */
    struct gateway_interface_finding at[GATEWAY_FINDINGS_MAX];
};

/* An upper interface that is in `uplinks` is not reported. */
void gateway_interfaces_check(const struct inet_interfaces *listed, const struct inet_interfaces *uplinks,
                              const struct routing_interfaces *all,
                              struct gateway_interface_findings *findings);
/* Returns whether the fault is an error, which means that no mail from the listed interface is diverted.
 * Otherwise it is a warning. */
bool gateway_interface_finding_is_error(const struct gateway_interface_finding *finding);
/* Appends one sentence: the problem and the remedy, such as the corrected line of the configuration. */
void gateway_interface_explain(const struct gateway_interface_finding *finding,
                               const struct inet_interfaces *listed, struct buf *out);
bool gateway_interface_finding_equals(const struct gateway_interface_finding *a,
                                      const struct gateway_interface_finding *b);
/* Appends "interface = eth0 br0", the corrected list: `name` replaces `instead`. If `instead` is NULL or not
 * listed, `name` is added. */
void gateway_interfaces_print(const struct inet_interfaces *listed, const char *name, const char *instead,
                              struct buf *out);

#endif
