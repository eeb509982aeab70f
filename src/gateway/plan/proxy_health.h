/* proxy_health: decides from probe results which proxies get new connections (gateway/watch/gateway_watch).
 * Pure.
 *
 * One lost packet must not move any clients. Therefore, a known state of a proxy changes only after
 * PROXY_HEALTH_IN_A_ROW consecutive results that contradict it. Until the states of all proxies are known,
 * the packet filter stays as `apply` or the previous watch left it.
 *
 * Proxy i is the i-th address of [gateway] proxies, as for gateway_balance_print. */
#ifndef POSTERN_GATEWAY_PLAN_PROXY_HEALTH_H
#define POSTERN_GATEWAY_PLAN_PROXY_HEALTH_H

#include "conf/conf.h"

enum { PROXY_HEALTH_IN_A_ROW = 2 };

enum proxy_state { PROXY_UNKNOWN, PROXY_ALIVE, PROXY_DEAD };

struct proxy_health {
    size_t n;
    struct {
        enum proxy_state state;
        unsigned contradictions; /* consecutive results that contradict the state */
    } at[CONF_LIST_MAX];
};

void proxy_health_init(struct proxy_health *health, size_t n);

/* Records a probe result of proxy i. Returns whether the proxy's state has changed. A proxy of unknown state
 * becomes alive by its first answer, but dead only after PROXY_HEALTH_IN_A_ROW failures. */
bool proxy_health_add_result(struct proxy_health *health, size_t i, bool answered);

/* Returns whether the last result contradicted the state, so that the next probe should follow soon. */
bool proxy_health_is_in_doubt(const struct proxy_health *health, size_t i);

/* Returns whether the state of every proxy is known. */
bool proxy_health_all_known(const struct proxy_health *health);
uint32_t proxy_health_alive(const struct proxy_health *health);

/* Counts of one family (AF_INET, AF_INET6). If none of its proxies is alive, no_proxy decides. */
struct proxy_count {
    size_t configured, alive;
};
struct proxy_count proxy_health_count(const struct proxy_health *health, const struct inet_addresses *proxies,
                                      int family);

#endif
