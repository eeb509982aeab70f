/* proxy_health: which proxies are to get new connections, from what their probes found
 * (gateway/watch/gateway_watch).
 *
 * Pure: answers in, decisions out; no clock. One lost packet must not move anybody's clients, so a proxy
 * changes sides only after PROXY_HEALTH_IN_A_ROW answers that all speak against the side it is on. Nothing is
 * decided before each proxy is known: until then the packet filter is left as `apply`, or the last watch,
 * laid it.
 *
 * The bit of a proxy is its place in [gateway] proxies, as for gateway_balance_print. */
#ifndef POSTERN_GATEWAY_PLAN_PROXY_HEALTH_H
#define POSTERN_GATEWAY_PLAN_PROXY_HEALTH_H

#include "conf/conf.h"

enum { PROXY_HEALTH_IN_A_ROW = 2 };

enum proxy_side { PROXY_UNKNOWN, PROXY_ALIVE, PROXY_DEAD };

struct proxy_health {
    size_t n;
    struct {
        enum proxy_side side;
        unsigned against; /* answers in a row that speak for the other side */
    } at[CONF_LIST_MAX];
};

void proxy_health_init(struct proxy_health *health, size_t n);

/* What one probe of proxy i found. True: it is on another side now. An unknown proxy is alive at its first
 * answer, and dead as late as any other. */
bool proxy_health_take(struct proxy_health *health, size_t i, bool answered);

/* Is the last answer doubted, so that the next probe is better made soon? */
bool proxy_health_is_in_doubt(const struct proxy_health *health, size_t i);

/* Is every proxy known? */
bool proxy_health_is_known(const struct proxy_health *health);
uint32_t proxy_health_alive(const struct proxy_health *health);

/* Those of one family (AF_INET, AF_INET6): 0 alive of more than 0 means that no_proxy decides. */
struct proxy_count {
    size_t configured, alive;
};
struct proxy_count proxy_health_count(const struct proxy_health *health, const struct inet_addresses *proxies,
                                      int family);

#endif
