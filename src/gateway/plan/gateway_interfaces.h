/* gateway_interfaces: do clients' packets have the name of an interface listed in [gateway] interface?
 *
 * The packet filter sees a packet under the name of the interface that passes it to IP. That is not the
 * interface of its arrival if that one is a port of a bridge, bond, team or VRF, or if a VLAN, macvlan or
 * ipvlan above it takes the packet. Such packets are not diverted. Pure. */
#ifndef POSTERN_GATEWAY_PLAN_GATEWAY_INTERFACES_H
#define POSTERN_GATEWAY_PLAN_GATEWAY_INTERFACES_H

#include "base/buf.h"
#include "base/routing_data.h"

enum gateway_interface_fault {
    GATEWAY_INTERFACE_ABSENT,  /* there is no interface of that name */
    GATEWAY_INTERFACE_ANOTHER, /* the name is an altname, which the packet filter does not know */
    GATEWAY_INTERFACE_PORT,    /* it is a port of `other`, which is not listed */
    GATEWAY_INTERFACE_VRF,     /* it is in the VRF `other`: the VRF's table routes its packets first */
    GATEWAY_INTERFACE_UPPER,   /* `other`, not listed, is above it and up */
    GATEWAY_INTERFACE_DOWN
};

struct gateway_interface_finding {
    enum gateway_interface_fault fault;
    char name[IF_NAMESIZE];  /* as listed in [gateway] interface */
    char other[IF_NAMESIZE]; /* the interface to list; empty: none */
    char kind[IF_NAMESIZE];  /* kind of `other` */
};

enum { GATEWAY_FINDINGS_MAX = 64 };

struct gateway_interface_findings {
    size_t n; /* further findings are dropped */
    struct gateway_interface_finding at[GATEWAY_FINDINGS_MAX];
};

/* ways: interfaces to the servers, which may be interfaces above a listed one. */
void gateway_interfaces_look(const struct inet_interfaces *listed, const struct inet_interfaces *ways,
                             const struct routing_interfaces *all,
                             struct gateway_interface_findings *findings);
/* Is no mail of this interface diverted? Otherwise the finding is only a warning. */
bool gateway_interface_is_blind(const struct gateway_interface_finding *finding);
/* Appends the problem and its remedy, one sentence, with the line for the configuration if that helps. */
void gateway_interface_explain(const struct gateway_interface_finding *finding,
                               const struct inet_interfaces *listed, struct buf *out);
bool gateway_interface_finding_is(const struct gateway_interface_finding *a,
                                  const struct gateway_interface_finding *b);
/* Appends "interface = eth0 br0": the list with `name` added, or in place of `instead` (may be NULL). */
void gateway_interfaces_print(const struct inet_interfaces *listed, const char *name, const char *instead,
                              struct buf *out);

#endif
