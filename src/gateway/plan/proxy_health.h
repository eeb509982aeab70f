/* proxy_health: decides from probe results which proxies get new connections (gateway/watch/gateway_watch).
 *
 * Pure: it has no clock. One lost packet must not move any clients, so a proxy changes its state only after
 * PROXY_HEALTH_IN_A_ROW results that contradict it. Nothing is decided until every proxy is known: until then
 * the packet filter stays as `apply`, or the previous watch, left it.
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
        unsigned against; /* consecutive results that contradict the state */
    } at[CONF_LIST_MAX];
};

void proxy_health_init(struct proxy_health *health, size_t n);

/* Notes a probe result of proxy i. True: its state has changed. An unknown proxy is alive at its first
 * answer, but dead only after as many failures as any other. */
bool proxy_health_take(struct proxy_health *health, size_t i, bool answered);

/* Did the last result contradict the state, so that the next probe should follow soon? */
bool proxy_health_is_in_doubt(const struct proxy_health *health, size_t i);

/* Is every proxy known? */
bool proxy_health_is_known(const struct proxy_health *health);
uint32_t proxy_health_alive(const struct proxy_health *health);

/* The counts of one family (AF_INET, AF_INET6): if 0 of n > 0 are alive, no_proxy decides. */
struct proxy_count {
    size_t configured, alive;
};
struct proxy_count proxy_health_count(const struct proxy_health *health, const struct inet_addresses *proxies,
                                      int family);

#endif
