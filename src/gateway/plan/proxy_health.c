#include "gateway/plan/proxy_health.h"

void proxy_health_init(struct proxy_health *health, size_t n)
{
    *health = (struct proxy_health){.n = n};
}

static bool change(struct proxy_health *health, size_t i, enum proxy_state state)
{
    health->at[i].state = state;
    health->at[i].contradictions = 0;
    return true;
}

bool proxy_health_add_result(struct proxy_health *health, size_t i, bool answered)
{
    enum proxy_state observed = answered ? PROXY_ALIVE : PROXY_DEAD;

    if (health->at[i].state == observed) {
        health->at[i].contradictions = 0;
        return false;
    }
    if (health->at[i].state == PROXY_UNKNOWN && answered)
        return change(health, i, PROXY_ALIVE);
    if (++health->at[i].contradictions < PROXY_HEALTH_IN_A_ROW)
        return false;
    return change(health, i, observed);
}

bool proxy_health_is_in_doubt(const struct proxy_health *health, size_t i)
{
    return health->at[i].contradictions > 0;
}

bool proxy_health_all_known(const struct proxy_health *health)
{
    for (size_t i = 0; i < health->n; i++)
        if (health->at[i].state == PROXY_UNKNOWN)
            return false;
    return true;
}

uint32_t proxy_health_alive(const struct proxy_health *health)
{
    uint32_t alive = 0;

    for (size_t i = 0; i < health->n; i++)
        if (health->at[i].state == PROXY_ALIVE)
            alive |= (uint32_t)1 << i;
    return alive;
}

struct proxy_count proxy_health_count(const struct proxy_health *health, const struct inet_addresses *proxies,
                                      int family)
{
    struct proxy_count count = {0};

    for (size_t i = 0; i < health->n; i++) {
        if (proxies->at[i].any.sa_family != family)
            continue;
        count.configured++;
        count.alive += health->at[i].state == PROXY_ALIVE;
    }
    return count;
}
