/* gateway_plan: everything that [gateway] requires of the kernel, computed before anything is changed. Pure.
 *
 * A plan consists of one nftables table, policy rules, routes and sysctls, each with an explanation. It is
 * made from the configuration and a few facts about this host. `postern gateway plan` prints the plan,
 * `apply` installs it, `check` and `postern doctor` compare it with the running kernel. Equal input gives an
 * equal plan, byte for byte.
 *
 * The proxy with the number i (gateway_numbers.h) has the mark `value` + i * (lowest bit of `mask`) and the
 * routing table `table` + i. */
#ifndef POSTERN_GATEWAY_PLAN_GATEWAY_PLAN_H
#define POSTERN_GATEWAY_PLAN_GATEWAY_PLAN_H

#include "conf/conf.h"

/* Our table, of family inet. */
#define GATEWAY_NFT_TABLE "postern"

/* Priorities of our policy rules. The rule for the mark with the number i has GATEWAY_RULE_PRIORITY + i. All
 * our rules precede the rule for the main table (32766). */
enum {
    GATEWAY_RULE_PRIORITY = 11000,
    GATEWAY_SKIP_PRIORITY = 11100,
    GATEWAY_REFUSE_PRIORITY = 11200,
    GATEWAY_END_PRIORITY = 11300
};

enum { GATEWAY_RULES_MAX = 640, GATEWAY_ROUTES_MAX = 128, GATEWAY_SYSCTLS_MAX = 256 };

/* The facts about this host that the plan depends on. */
struct gateway_facts {
    uid_t user;                /* Postern's user; the role local must not redirect the user's connections */
    bool has_ipv6;             /* the kernel has IPv6, and it is not disabled */
    struct inet_addresses own; /* this host's addresses, to recognise local proxies */
    struct inet_interfaces uplinks; /* interfaces of the default routes, sorted */
    bool is_early;                  /* the network is not up yet, so addresses may be missing */
};

enum gateway_route_kind {
    GATEWAY_ROUTE_VIA,
    GATEWAY_ROUTE_UNREACHABLE,
    GATEWAY_ROUTE_LOCAL,
    GATEWAY_ROUTE_THROW
};

struct gateway_route {
    int family; /* AF_INET, AF_INET6 */
    uint32_t table;
    enum gateway_route_kind kind;
    struct inet_network to; /* bits 0: the default route */
    union inet_address via; /* GATEWAY_ROUTE_VIA */
    uint32_t metric;        /* metric for ip(8); 0: none */
    const char *why;        /* a comment for the printed plan */
};

/* TABLE: looks the packet up in `table`. GOTO: continues at the priority `target`. NOP: does nothing; it is
 * the target of a GOTO. */
enum gateway_rule_kind { GATEWAY_RULE_TABLE, GATEWAY_RULE_GOTO, GATEWAY_RULE_NOP };

struct gateway_rule {
    int family;
    enum gateway_rule_kind kind;
    uint32_t priority;
    uint32_t table, target;      /* depending on the kind, one of them or none */
    struct fwmark mark;          /* fwmark value/mask; mask 0: any */
    struct inet_network from;    /* bits 0: any */
    char interface[IF_NAMESIZE]; /* incoming interface; empty: any */
    uint16_t port;               /* TCP destination port; 0: any packet */
    const char *why;
};

bool gateway_rule_equals(const struct gateway_rule *a, const struct gateway_rule *b);
bool gateway_route_equals(const struct gateway_route *a, const struct gateway_route *b);

/* Settings are written in the order of the plan. */
struct gateway_sysctl {
    char path[64];           /* below /proc/sys/, with slashes, since an interface's name may have dots */
    bool enables_forwarding; /* written when all other parts of the plan are installed */
    const char *value;
    const char *why;
};

struct gateway_plan;
void gateway_plan_add_rule(struct gateway_plan *plan, struct gateway_rule rule);
void gateway_plan_add_route(struct gateway_plan *plan, struct gateway_route route);

bool gateway_is_own(const struct gateway_facts *facts, const union inet_address *address);

struct gateway_plan {
    /* Statements for `nft -f` that create the table but do not delete an existing one. check and status
     * identify a rule by its comment, which is unique in its chain. */
    struct buf nft;
    size_t rule_count, route_count, sysctl_count;
    struct gateway_rule rules[GATEWAY_RULES_MAX];
    struct gateway_route routes[GATEWAY_ROUTES_MAX];
    struct gateway_sysctl sysctls[GATEWAY_SYSCTLS_MAX];
};

/* Makes the plan. Adds the problems that can be found without reading the kernel's state, such as a missing
 * role. False: one of these problems is an error. gateway_plan_fini must follow in either case. */
bool gateway_plan_make(struct gateway_plan *plan, const struct conf *conf, const struct gateway_facts *facts,
                       struct problems *problems);
void gateway_plan_fini(struct gateway_plan *plan);

/* Reduces the plan to what can be installed before the network is up: removes the routes to proxies and the
 * sysctls. Until the whole plan is installed, mail is refused or, if no_proxy = pass, may pass unscanned. */
void gateway_plan_keep_early(struct gateway_plan *plan);

/* Appends the plan as shell commands (sysctl, ip, nft), each preceded by a comment. */
void gateway_plan_print(const struct gateway_plan *plan, struct buf *out);

/* Append the arguments of ip(8), such as "-4 route add default via 192.168.0.3 metric 100 table 200". `verb`:
 * add or del, for a route also replace. */
void gateway_route_print(const struct gateway_route *route, const char *verb, struct buf *out);
void gateway_rule_print(const struct gateway_rule *rule, const char *verb, struct buf *out);

/* Appends statements for `nft -f` that send new connections only to live proxies. Bit i of `alive` is set if
 * the i-th address of [gateway] proxies is alive. In one transaction, the statements replace the rules of
 * GATEWAY_BALANCE_CHAINS (gateway_nft.h) and nothing else. Clients whose hash selects a live proxy stay with
 * that proxy. If no proxy of a family is alive, no_proxy decides. */
void gateway_balance_print(const struct conf *conf, const struct gateway_facts *facts, uint32_t alive,
                           struct buf *out);

#endif
