/* repeats: limits repeated log lines of one kind about one client to one per hour.
 *
 * A mirror's `gateway watch` connects to the listener every two seconds, and other programs may do the same.
 * The first event of a kind is logged. After that, at most one event per hour is logged, with the number of
 * events that were suppressed. A client is an IPv4 address or an IPv6 /64. At most REPEATS_MAX pairs of
 * client and kind are remembered. The pair that was logged longest ago is forgotten first; its next event is
 * logged again. Pure. */
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

/* Returns whether to log an event of this kind. If so, *suppressed is the number of such events since the
 * last one that was logged. */
bool repeats_is_news(struct repeats *repeats, const union inet_address *client, unsigned kind,
                     uint64_t now_ms, uint64_t *suppressed);

#endif
