/* session_stats: how many sessions there are, in all and by client address, counted over all relays; and how
 * often what has happened since the service was started.
 *
 * One shared anonymous mapping made by the parent before it forks. A robust process-shared mutex guards the
 * rows, so that a relay that is killed while it counts harms nobody; the parent takes a dead relay's
 * sessions off with census_forget_relay. */
#ifndef POSTERN_PROC_IPC_SESSION_STATS_H
#define POSTERN_PROC_IPC_SESSION_STATS_H

#include "base/err.h"

#include <stdint.h>

struct census;
struct sockaddr;

/* X(counter, its name for people and in JSON) */
#define CENSUS_TABLE(X)                                               \
    X(SESSIONS, "sessions")                                           \
    X(UNSCANNED, "unscanned") /* sessions that went on under TLS */   \
    X(DELIVERED, "delivered")                                         \
    X(MARKED, "marked") /* delivered, with a line of ours in front */ \
    X(REPLACED, "replaced")                                           \
    X(RELEASED, "released")                                           \
    X(REFUSED, "refused")                                             \
    X(CLEAN, "clean")                                                 \
    X(INFECTED, "infected")                                           \
    X(UNSCANNABLE, "unscannable")                                     \
    X(FAILED, "failed")

enum census_counter {
#define X(counter, name) CENSUS_##counter,
    CENSUS_TABLE(X)
#undef X
        CENSUS_COUNTERS
};

enum { CENSUS_RELAYS_MAX = 1024 };

/* Relays are 0 to relays - 1, CENSUS_RELAYS_MAX at most. */
struct census *census_new(unsigned relays);
void census_free(struct census **census);
/* ERR_NONE and the session is counted; or ERR_SESSIONS_MAX, ERR_SESSIONS_MAX_PER_CLIENT and it is not. A
 * limit of 0 is none. */
enum err census_enter(struct census *census, unsigned relay, const struct sockaddr *client, unsigned max_all,
                      unsigned max_per_client);
void census_leave(struct census *census, unsigned relay, const struct sockaddr *client);
void census_forget_relay(struct census *census, unsigned relay);
unsigned census_total(struct census *census);

/* Octets of messages that a relay holds in memory, over all relays, without the lock. */
void census_hold(struct census *census, unsigned relay, int64_t more);
uint64_t census_held(const struct census *census);

/* Without the lock, from any process. */
void census_count(struct census *census, enum census_counter counter);
uint64_t census_counted(const struct census *census, enum census_counter counter);
const char *census_counter_name(enum census_counter counter);

#endif
