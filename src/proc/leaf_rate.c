#include "proc/leaf_rate.h"

enum { FULL_MS = LEAF_RATE_BURST * LEAF_RATE_EVERY_MS };

/* If the table is full, the relay that has been quiet for longest is forgotten. */
static struct leaf_rate_relay *place_for(struct leaf_rate *rate)
{
    struct leaf_rate_relay *oldest = &rate->at[0];

    if (rate->n < LEAF_RATE_RELAYS)
        return &rate->at[rate->n++];
    for (size_t i = 1; i < rate->n; i++)
        if (rate->at[i].at_ms < oldest->at_ms)
            oldest = &rate->at[i];
    return oldest;
}

static struct leaf_rate_relay *relay_of(struct leaf_rate *rate, unsigned index, uint64_t now_ms)
{
    struct leaf_rate_relay *relay;

    for (size_t i = 0; i < rate->n; i++)
        if (rate->at[i].index == index)
            return &rate->at[i];
    relay = place_for(rate);
    *relay = (struct leaf_rate_relay){.index = index, .left_ms = FULL_MS, .at_ms = now_ms};
    return relay;
}

enum leaf_rate_answer leaf_rate_take(struct leaf_rate *rate, unsigned index, uint64_t now_ms)
{
    struct leaf_rate_relay *relay = relay_of(rate, index, now_ms);
    bool was_limited = relay->is_limited;
    uint64_t gained_ms = now_ms - relay->at_ms;

    relay->left_ms = gained_ms > FULL_MS - relay->left_ms ? FULL_MS : relay->left_ms + gained_ms;
    relay->at_ms = now_ms;
    relay->is_limited = relay->left_ms < LEAF_RATE_EVERY_MS;
    if (relay->is_limited)
        return was_limited ? LEAF_RATE_LIMITED : LEAF_RATE_LIMITED_NOW;
    relay->left_ms -= LEAF_RATE_EVERY_MS;
    return LEAF_RATE_OK;
}
