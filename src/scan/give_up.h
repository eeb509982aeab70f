/* give_up: which messages a healthy engine fails for again and again.
 *
 * A failure is temporary as a rule: the client is told to try again. The same bytes that fail the same
 * healthy engine GIVE_UP_FAILURES times, the last at least `after_ms` after the first, fail it for good; who
 * waits for that message would wait for ever [P4]. Only failures of an engine that had the message, and
 * passed its self test afterwards, are to be noted. At most GIVE_UP_MAX messages are remembered; of more, the
 * one that failed longest ago is forgotten. Pure: now_ms is a clock that never steps. {0} is valid and empty.
 */
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

/* True: it failed for good. */
bool give_up_note(struct give_up *give_up, enum message_kind kind, const struct digest *message,
                  uint64_t now_ms, uint64_t after_ms);

#endif
