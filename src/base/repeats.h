/* repeats: limits repeated log lines about one client to one per hour.
 *
 * A mirror's `gateway watch` connects to the listener every two seconds as long as both run, and other
 * programs may do the same. The first such event is logged; after that one per hour, with the number of
 * events suppressed since. A client is its IPv4 address or its IPv6 /64. At most REPEATS_MAX clients are
 * remembered; the one that was logged longest ago is forgotten first and is logged again the next time. Pure.
 */
#ifndef POSTERN_BASE_REPEATS_H
#define POSTERN_BASE_REPEATS_H

#include "base/inet.h"

enum { REPEATS_MAX = 32, REPEATS_INTERVAL_MS = 3600 * 1000 };

struct repeats {
    size_t n;
    struct {
        struct inet_network client;
        unsigned kind;
        uint64_t logged_ms, suppressed;
    } at[REPEATS_MAX];
};

/* Returns whether to log an event of this kind; *suppressed is the number that was not logged since the last
 * one. */
bool repeats_is_news(struct repeats *repeats, const union inet_address *client, unsigned kind,
                     uint64_t now_ms, uint64_t *suppressed);

#endif
