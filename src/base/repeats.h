/* repeats: what one client does again and again is said once, then counted.
 *
 * For the log: a mirror's `gateway watch` connects to the listener every other second for as long as both
 * live, and so may a program that does not know any better. The first time is news; of the rest one an hour
 * is, with how many there were since. A client is its IPv4 address or its IPv6 /64. No more than REPEATS_MAX
 * are remembered; of more, who was said longest ago is forgotten, and thereby news again. Pure. */
#ifndef POSTERN_BASE_REPEATS_H
#define POSTERN_BASE_REPEATS_H

#include "base/inet.h"

enum { REPEATS_MAX = 32, REPEATS_SILENT_MS = 3600 * 1000 };

struct repeats {
    size_t n;
    struct {
        struct inet_network client;
        unsigned what;
        uint64_t said_ms, untold;
    } at[REPEATS_MAX];
};

/* True: it is to be said; *untold is how many were not since the last time. `what` tells kinds of things
 * apart. */
bool repeats_is_news(struct repeats *repeats, const union inet_address *client, unsigned what,
                     uint64_t now_ms, uint64_t *untold);

#endif
