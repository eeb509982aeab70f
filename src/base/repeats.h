/* repeats: limits repeated log lines about one client to one per hour.
 *
 * A mirror's `gateway watch` connects to the listener every two seconds as long as both run, and other
 * programs may do the same. The first such event is logged; after that one per hour, with the number of those
 * suppressed since. A client is its IPv4 address or its IPv6 /64. At most REPEATS_MAX clients are remembered;
 * the one that was logged longest ago is forgotten first and is logged again the next time. Pure. */
#ifndef POSTERN_BASE_REPEATS_H
#define POSTERN_BASE_REPEATS_H

#include "base/inet.h"

enum { REPEATS_MAX = 32, REPEATS_SILENT_MS = 3600 * 1000 };

struct repeats {
    size_t n;
    struct {
        struct inet_network client;
        unsigned what;
        uint64_t said_ms, suppressed;
    } at[REPEATS_MAX];
};

/* True: log it; *suppressed is how many were not logged since the last time. `what` distinguishes kinds of
 * events. */
bool repeats_is_news(struct repeats *repeats, const union inet_address *client, unsigned what,
                     uint64_t now_ms, uint64_t *suppressed);

#endif
