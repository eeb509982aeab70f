#include "base/repeats.h"

#include "base/network.h"

/* Returns the client's index, or n if it has none. */
static size_t find(const struct repeats *repeats, const union inet_address *client, unsigned what)
{
    size_t i = 0;

    while (i < repeats->n && (repeats->at[i].what != what || !network_has(&repeats->at[i].client, client)))
        i++;
    return i;
}

static size_t make_room(struct repeats *repeats)
{
    size_t oldest = 0;

    if (repeats->n < REPEATS_MAX)
        return repeats->n++;
    for (size_t i = 1; i < repeats->n; i++)
        if (repeats->at[i].said_ms < repeats->at[oldest].said_ms)
            oldest = i;
    return oldest;
}

bool repeats_is_news(struct repeats *repeats, const union inet_address *client, unsigned what,
                     uint64_t now_ms, uint64_t *suppressed)
{
    size_t i = find(repeats, client, what);

    *suppressed = 0;
    if (i == repeats->n) {
        i = make_room(repeats);
        repeats->at[i].client = (struct inet_network){*client, client->any.sa_family == AF_INET ? 32 : 64};
        repeats->at[i].what = what;
    } else if (now_ms - repeats->at[i].said_ms < REPEATS_SILENT_MS) {
        repeats->at[i].suppressed++;
        return false;
    } else {
        *suppressed = repeats->at[i].suppressed;
    }
    repeats->at[i].said_ms = now_ms;
    repeats->at[i].suppressed = 0;
    return true;
}
