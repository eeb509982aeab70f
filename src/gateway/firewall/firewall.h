/* firewall: decides whether the rules of others would drop a mail packet. Pure.
 *
 * A ruleset is read for one packet. firewall_nft and firewall_iptables reduce each rule to two facts: whether
 * it matches that packet (yes, no, or maybe), and what it then does. A limit, an unknown condition, or a set
 * to which packets add elements may match. firewall_judge evaluates a base chain of such rules. It is
 * cautious: a rule that may match never counts as dropping the packet. If a rule that may match would accept
 * the packet or return from its chain, the answer is FIREWALL_UNKNOWN instead of FIREWALL_DROPS. */
#ifndef POSTERN_GATEWAY_FIREWALL_FIREWALL_H
#define POSTERN_GATEWAY_FIREWALL_FIREWALL_H

#include "base/buf.h"
#include "conf/conf.h"

enum firewall_match { FIREWALL_NO, FIREWALL_MAYBE, FIREWALL_YES };

/* The first packet of a TCP connection, as the hook sees it. The pointers are borrowed. */
struct firewall_packet {
    const char *hook;     /* prerouting, input, forward, output */
    int family;           /* AF_INET, AF_INET6 */
    const char *in, *out; /* interfaces; NULL: unknown; "": none at this hook */
    uint16_t port;        /* destination port */
    const char *state;    /* state in connection tracking: new, untracked, invalid */
    bool is_translated;   /* the destination was changed (ct status dnat) */
    bool is_local;        /* the destination is an address of this host */
    uint32_t mark;
    const struct inet_networks *clients; /* possible sources; none of this family: unknown */
};

enum firewall_verdict {
    FIREWALL_NONE, /* counts or logs; the next rule follows */
    FIREWALL_ACCEPT,
    FIREWALL_DROP,
    FIREWALL_RETURN,
    FIREWALL_JUMP,
    FIREWALL_GOTO,
};

struct firewall_rule {
    enum firewall_match match; /* never FIREWALL_NO: such rules are left out */
    enum firewall_verdict verdict;
    char *target; /* owned; for a jump or goto: a chain of the same table */
};

struct firewall_chain {
    char *family, *table, *name; /* owned */
    char *hook;                  /* owned; NULL: not a base chain */
    bool drops_by_policy;
    bool is_iptables; /* must be changed with iptables */
    size_t n;
    struct firewall_rule *rules;
};

/* Initialise with zeros. Free with firewall_fini. */
struct firewall {
    size_t n;
    struct firewall_chain *chains;
};

/* Adds an empty chain. The returned pointer is valid until the next chain is added. */
struct firewall_chain *firewall_add_chain(struct firewall *firewall, struct span family, struct span table,
                                          struct span name);
struct firewall_chain *firewall_find_chain(const struct firewall *firewall, struct span family,
                                           struct span table, struct span name);
/* Adds a rule. Adds nothing if `match` is FIREWALL_NO or `verdict` is FIREWALL_NONE. target: for a jump or
 * goto. */
void firewall_add_rule(struct firewall_chain *chain, enum firewall_match match, enum firewall_verdict verdict,
                       struct span target);
void firewall_fini(struct firewall *firewall);

enum firewall_answer { FIREWALL_PASSES, FIREWALL_UNKNOWN, FIREWALL_DROPS };

/* Unless the answer is FIREWALL_PASSES, *by is the chain that drops the packet. *by_policy: the policy of
 * that chain drops it, not a rule. */
enum firewall_answer firewall_judge(const struct firewall *firewall, const struct firewall_chain *base,
                                    const struct firewall_chain **by, bool *by_policy);

#endif
