#include "base/repeats.h"

#include "base/network.h"

/* Returns the index of the entry for this client and kind, or repeats->n if there is none. */
static size_t find(const struct repeats *repeats, const union inet_address *client, unsigned kind)
{
    size_t i = 0;

    while (i < repeats->n && (repeats->at[i].kind != kind || !network_has(&repeats->at[i].client, client)))
        i++;
    return i;
}

/* Returns the index of a new entry. If all entries are in use, the entry that was logged longest ago is used
 * again. */
static size_t free_entry(struct repeats *repeats)
{
    size_t oldest = 0;

    if (repeats->n < REPEATS_MAX)
        return repeats->n++;
    for (size_t i = 1; i < repeats->n; i++)
        if (repeats->at[i].logged_ms < repeats->at[oldest].logged_ms)
            oldest = i;
    return oldest;
}

bool repeats_is_news(struct repeats *repeats, const union inet_address *client, unsigned kind,
                     uint64_t now_ms, uint64_t *suppressed)
{
    size_t i = find(repeats, client, kind);

    *suppressed = 0;
    if (i == repeats->n) {
        i = free_entry(repeats);
        repeats->at[i].client = (struct inet_network){*client, client->any.sa_family == AF_INET ? 32 : 64};
        repeats->at[i].kind = kind;
    } else if (now_ms - repeats->at[i].logged_ms < REPEATS_INTERVAL_MS) {
        repeats->at[i].suppressed++;
        return false;
    } else {
        *suppressed = repeats->at[i].suppressed;
    }
    repeats->at[i].logged_ms = now_ms;
    repeats->at[i].suppressed = 0;
    return true;
}
