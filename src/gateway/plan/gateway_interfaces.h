/* gateway_interfaces: do clients' packets bear the name of an interface that [gateway] interface lists?
 *
 * The packet filter sees a packet by the name of the interface that hands it to IP. That is not the one by
 * which it arrived where that one is a port of a bridge, a bond, a team or a VRF, nor for what a VLAN,
 * macvlan or ipvlan above it takes. Nothing of such packets is diverted. Pure. */
#ifndef POSTERN_GATEWAY_PLAN_GATEWAY_INTERFACES_H
#define POSTERN_GATEWAY_PLAN_GATEWAY_INTERFACES_H

#include "base/buf.h"
#include "base/routing_data.h"

enum gateway_interface_fault {
    GATEWAY_INTERFACE_ABSENT,  /* there is none of that name */
    GATEWAY_INTERFACE_ANOTHER, /* that is a further name (altname), by which the packet filter knows nothing
                                */
    GATEWAY_INTERFACE_PORT,    /* it is a port of `other`, which is not listed */
    GATEWAY_INTERFACE_VRF,   /* it is in the VRF `other`: its packets are routed by that one's table first */
    GATEWAY_INTERFACE_UPPER, /* `other` is above it, is up, and is not listed */
    GATEWAY_INTERFACE_DOWN
};

struct gateway_interface_finding {
    enum gateway_interface_fault fault;
    char name[IF_NAMESIZE];  /* in [gateway] interface */
    char other[IF_NAMESIZE]; /* the one to list; empty: none */
    char kind[IF_NAMESIZE];  /* of `other` */
};

enum { GATEWAY_FINDINGS_MAX = 64 };

struct gateway_interface_findings {
    size_t n; /* further ones are left out */
    struct gateway_interface_finding at[GATEWAY_FINDINGS_MAX];
};

/* ways: by which servers are reached: what is above a listed one may be one of them. */
void gateway_interfaces_look(const struct inet_interfaces *listed, const struct inet_interfaces *ways,
                             const struct routing_interfaces *all,
                             struct gateway_interface_findings *findings);
/* Is nothing of such an interface's mail diverted? Otherwise it is worth a warning only. */
bool gateway_interface_is_blind(const struct gateway_interface_finding *finding);
/* Appends what is wrong and what to do, one sentence, with the line for the configuration where one helps. */
void gateway_interface_explain(const struct gateway_interface_finding *finding,
                               const struct inet_interfaces *listed, struct buf *out);
bool gateway_interface_finding_is(const struct gateway_interface_finding *a,
                                  const struct gateway_interface_finding *b);
/* Appends "interface = eth0 br0": the list with `name` in it; of `instead` (may be NULL) in its place. */
void gateway_interfaces_print(const struct inet_interfaces *listed, const char *name, const char *instead,
                              struct buf *out);

#endif
