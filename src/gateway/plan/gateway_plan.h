/* gateway_plan: what [gateway] wants of the kernel, in full, before anything is done.
 *
 * Pure: the configuration and a few facts about this host come in; one nftables table, policy rules, routes
 * and sysctls come out, each with the words that explain it. `postern gateway plan` prints it, apply does it,
 * check holds the running kernel against it, doctor asks it what should be there. The same configuration and
 * facts give the same plan, byte for byte.
 *
 * Marks and tables. Proxy i of a family (its place in [gateway] proxies among those of its family) has the
 * mark value + i * (lowest bit of the mask), within the mask, and the routing table `table` + i; both
 * families share numbers. A single proxy has the configured mark and table as they are. What TPROXY keeps on
 * this host has the number after those of the proxies.
 *
 * What it refuses: to know whether the kernel agrees; that is gateway/check/gateway_check. */
#ifndef POSTERN_GATEWAY_PLAN_GATEWAY_PLAN_H
#define POSTERN_GATEWAY_PLAN_GATEWAY_PLAN_H

#include "conf/conf.h"

/* The one table of ours, of family inet. */
#define GATEWAY_NFT_TABLE "postern"

/* Of our policy rules: those for marks are counted up from the first. All are above main's 32766, below what
 * administrators use by hand. */
enum {
    GATEWAY_RULE_PRIORITY = 11000,
    GATEWAY_SKIP_PRIORITY = 11100,
    GATEWAY_REFUSE_PRIORITY = 11200,
    GATEWAY_END_PRIORITY = 11300
};

enum { GATEWAY_RULES_MAX = 640, GATEWAY_ROUTES_MAX = 128, GATEWAY_SYSCTLS_MAX = 256 };

/* What the plan must be told of the host. */
struct gateway_facts {
    uid_t user;                  /* that our own connections come from: local leaves them alone */
    bool has_ipv6;               /* the kernel has it, and it is not disabled */
    struct inet_addresses own;   /* this host's addresses: a proxy that is one of them is here */
    struct inet_interfaces ways; /* those of its default routes: the way to the servers; sorted */
    bool is_early;               /* it may not have them yet: what is to be among them may be missing */
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
    uint32_t metric;        /* as ip(8) is told; 0: not told */
    const char *why;        /* a comment for people */
};

/* GOTO: goes on at the priority `target`; NOP: is only that target. */
enum gateway_rule_kind { GATEWAY_RULE_TABLE, GATEWAY_RULE_GOTO, GATEWAY_RULE_NOP };

struct gateway_rule {
    int family;
    enum gateway_rule_kind kind;
    uint32_t priority;
    uint32_t table, target;      /* of which its kind has one, or none */
    struct fwmark mark;          /* fwmark value/mask; mask 0: any */
    struct inet_network from;    /* bits 0: any */
    char interface[IF_NAMESIZE]; /* by which the packet comes in; empty: any */
    uint16_t port;               /* TCP, of the destination; 0: any packet */
    const char *why;
};

bool gateway_rule_is(const struct gateway_rule *a, const struct gateway_rule *b);
bool gateway_route_is(const struct gateway_route *a, const struct gateway_route *b);

/* Written in this order; a later one may have been reset by an earlier one (ip_forward does that). */
struct gateway_sysctl {
    char path[64]; /* below /proc/sys/, with slashes: an interface's name may have dots */
    bool opens;    /* lets packets pass: written when all the rest stands */
    const char *value;
    const char *why;
};

struct gateway_plan;
void gateway_plan_add_rule(struct gateway_plan *plan, struct gateway_rule rule);
void gateway_plan_add_route(struct gateway_plan *plan, struct gateway_route route);

bool gateway_is_own(const struct gateway_facts *facts, const union inet_address *address);

struct gateway_plan {
    /* Statements for `nft -f`: the whole table, without what removes an earlier one. Each rule has a comment
     * that is its own in its chain: check names rules by it, status counts by it. */
    struct buf nft;
    size_t rule_count, route_count, sysctl_count;
    struct gateway_rule rules[GATEWAY_RULES_MAX];
    struct gateway_route routes[GATEWAY_ROUTES_MAX];
    struct gateway_sysctl sysctls[GATEWAY_SYSCTLS_MAX];
};

/* Problems are added for what can be told without looking at the kernel; false if any is an error, the plan
 * is to be freed either way. With no role at all: an error. */
bool gateway_plan_make(struct gateway_plan *plan, const struct conf *conf, const struct gateway_facts *facts,
                       struct problems *problems);
void gateway_plan_fini(struct gateway_plan *plan);

/* Leaves of it what needs no interface and no address, for the time before the network is up: the table, the
 * policy rules, and the routes that refuse or stay on this host. So nothing passes unscanned until the rest
 * is there, unless no_proxy = pass. */
void gateway_plan_keep_early(struct gateway_plan *plan);

/* The plan as commands that a person could paste, a comment before each: sysctl, ip, nft. */
void gateway_plan_print(const struct gateway_plan *plan, struct buf *out);

/* One line for `ip -batch`, e.g. "-4 route add default via 192.168.0.3 metric 100 table 200". `verb` is add,
 * del or replace. */
void gateway_route_print(const struct gateway_route *route, const char *verb, struct buf *out);
void gateway_rule_print(const struct gateway_rule *rule, const char *verb, struct buf *out);

/* Which proxies take new connections. The bit of a proxy is its place in [gateway] proxies. Appends the
 * statements for `nft -f` that make the table of the plan spread over just those: they replace the rules of
 * the chains that decide (GATEWAY_SPREAD_CHAINS in gateway_nft.h), and nothing else, in one transaction. A
 * client whose proxy is alive keeps it. With none of a family left, no_proxy decides. */
void gateway_balance_print(const struct conf *conf, const struct gateway_facts *facts, uint32_t alive,
                           struct buf *out);

#endif
