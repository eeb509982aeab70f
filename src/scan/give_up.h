/* give_up: counts for which messages a healthy engine fails repeatedly.
 *
 * A failure is normally temporary: the client is asked to try again. If the same bytes fail GIVE_UP_FAILURES
 * times on a healthy engine, the last time at least `after_ms` after the first, the failure is permanent;
 * otherwise the client would retry for ever [P4]. Note only failures of an engine that had received the
 * message and passed its self test afterwards. At most GIVE_UP_MAX messages are remembered; beyond that, the
 * one that failed longest ago is forgotten. Pure: now_ms is a monotonic clock. {0} is valid and empty. */
#ifndef POSTERN_SCAN_GIVE_UP_H
#define POSTERN_SCAN_GIVE_UP_H

#include "base/digest_map.h"
#include "core/message_kind.h"

enum { GIVE_UP_FAILURES = 3, GIVE_UP_MAX = 512 };

struct give_up {
    size_t n;
    struct give_up_entry {
        struct digest message;
        enum message_kind kind;
        unsigned failures;
        uint64_t first_ms, last_ms;
    } at[GIVE_UP_MAX];
};

/* True: the failure is permanent. */
bool give_up_note(struct give_up *give_up, enum message_kind kind, const struct digest *message,
                  uint64_t now_ms, uint64_t after_ms);

#endif
