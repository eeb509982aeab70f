/* session_stats: counts the open sessions of all relays per protocol and client, the octets of messages held
 * in memory, and events since the start of the service. A client is an IPv4 address or an IPv6 /64.
 *
 * The parent creates one shared anonymous mapping before it forks. A robust process-shared mutex guards the
 * counts of sessions, so that a relay that is killed while it holds the lock does not block others. When a
 * relay has died, the parent calls session_stats_forget_relay. */
#ifndef POSTERN_PROC_IPC_SESSION_STATS_H
#define POSTERN_PROC_IPC_SESSION_STATS_H

#include "base/err.h"
#include "base/protocol_id.h"

#include <stdint.h>

struct session_stats;
struct sockaddr;

/* X(counter, name in output and in JSON) */
#define SESSION_STATS_TABLE(X)                                                      \
    X(SESSIONS, "sessions")                                                         \
    X(UNSCANNED, "unscanned") /* sessions whose TLS is passed unread */             \
    X(DELIVERED, "delivered")                                                       \
    X(MARKED, "marked") /* delivered with an added header field */                  \
    X(REPLACED, "replaced")                                                         \
    X(RELEASED, "released")                                                         \
    X(REFUSED, "refused")                                                           \
    X(CLEAN, "clean")                                                               \
    X(INFECTED, "infected")                                                         \
    X(UNSCANNABLE, "unscannable")                                                   \
    X(FAILED, "failed")                                                             \
    X(TLS_INTERCEPTED, "intercepted") /* sessions with TLS on both legs */          \
    X(TLS_REFUSED, "refused")         /* sessions that ended before TLS was open */ \
    X(TLS_REJECTED, "rejected")       /* sessions in which the client rejected a certificate */

enum session_stats_counter {
#define X(counter, name) SESSION_STATS_##counter,
    SESSION_STATS_TABLE(X)
#undef X
        SESSION_STATS_COUNTERS
};

enum { SESSION_STATS_RELAYS_MAX = 1024 };

/* The relays are numbered from 0 to `relays` - 1; `relays` is at most SESSION_STATS_RELAYS_MAX. Returns NULL
 * with errno on failure. */
struct session_stats *session_stats_new(unsigned relays);
void session_stats_free(struct session_stats **stats);
/* Counts a session and returns ERR_NONE. If a limit is reached, returns ERR_SESSIONS_MAX or
 * ERR_SESSIONS_MAX_PER_CLIENT. If there is no space for another client, returns ERR_SESSIONS_MAX. A limit of
 * 0 means no limit. */
enum err session_stats_enter(struct session_stats *stats, unsigned relay, enum protocol_id protocol,
                             const struct sockaddr *client, unsigned max_all, unsigned max_per_client);
void session_stats_leave(struct session_stats *stats, unsigned relay, enum protocol_id protocol,
                         const struct sockaddr *client);
/* Removes the sessions and the held octets of a relay that has died. */
void session_stats_forget_relay(struct session_stats *stats, unsigned relay);
/* Returns the number of sessions of all protocols. */
unsigned session_stats_total(struct session_stats *stats);

/* Adds to the number of octets that the relay holds in memory. `octets` may be negative. */
void session_stats_add_held(struct session_stats *stats, unsigned relay, int64_t octets);
/* Returns the number of octets that all relays hold in memory. */
uint64_t session_stats_held(const struct session_stats *stats);

/* Counters of events. Any process may use them. */
void session_stats_count(struct session_stats *stats, enum protocol_id protocol,
                         enum session_stats_counter counter);
uint64_t session_stats_counted(const struct session_stats *stats, enum protocol_id protocol,
                               enum session_stats_counter counter);
const char *session_stats_counter_name(enum session_stats_counter counter);

#endif
