/* session_stats: the number of sessions per protocol, in total and per client address, over all relays; and
 * counters of events since the service was started.
 *
 * The parent creates one shared anonymous mapping before it forks. A robust process-shared mutex guards the
 * rows, so that a relay that is killed while it holds the lock does not block others. The parent removes a
 * dead relay's sessions with session_stats_forget_relay. */
#ifndef POSTERN_PROC_IPC_SESSION_STATS_H
#define POSTERN_PROC_IPC_SESSION_STATS_H

#include "base/err.h"
#include "base/protocol_id.h"

#include <stdint.h>

struct session_stats;
struct sockaddr;

/* X(counter, its name in output and in JSON) */
#define SESSION_STATS_TABLE(X)                                      \
    X(SESSIONS, "sessions")                                         \
    X(UNSCANNED, "unscanned") /* sessions that went on under TLS */ \
    X(DELIVERED, "delivered")                                       \
    X(MARKED, "marked") /* delivered with a header field of ours */ \
    X(REPLACED, "replaced")                                         \
    X(RELEASED, "released")                                         \
    X(REFUSED, "refused")                                           \
    X(CLEAN, "clean")                                               \
    X(INFECTED, "infected")                                         \
    X(UNSCANNABLE, "unscannable")                                   \
    X(FAILED, "failed")

enum session_stats_counter {
#define X(counter, name) SESSION_STATS_##counter,
    SESSION_STATS_TABLE(X)
#undef X
        SESSION_STATS_COUNTERS
};

enum { SESSION_STATS_RELAYS_MAX = 1024 };

/* Relays have the numbers 0 to relays - 1; at most SESSION_STATS_RELAYS_MAX. */
struct session_stats *session_stats_new(unsigned relays);
void session_stats_free(struct session_stats **stats);
/* ERR_NONE: the session is counted. ERR_SESSIONS_MAX, ERR_SESSIONS_MAX_PER_CLIENT: it is not. A limit of 0
 * means no limit. */
enum err session_stats_enter(struct session_stats *stats, unsigned relay, enum protocol_id protocol,
                             const struct sockaddr *client, unsigned max_all, unsigned max_per_client);
void session_stats_leave(struct session_stats *stats, unsigned relay, enum protocol_id protocol,
                         const struct sockaddr *client);
void session_stats_forget_relay(struct session_stats *stats, unsigned relay);
/* Of all protocols. */
unsigned session_stats_total(struct session_stats *stats);

/* Octets of messages in memory, per relay and in total. They need no lock. */
void session_stats_hold(struct session_stats *stats, unsigned relay, int64_t more);
uint64_t session_stats_held(const struct session_stats *stats);

/* These need no lock, and any process may call them. */
void session_stats_count(struct session_stats *stats, enum protocol_id protocol,
                         enum session_stats_counter counter);
uint64_t session_stats_counted(const struct session_stats *stats, enum protocol_id protocol,
                               enum session_stats_counter counter);
const char *session_stats_counter_name(enum session_stats_counter counter);

#endif
