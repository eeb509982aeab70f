/* give_up: counts how often a healthy engine fails for the same message.
 *
 * A failure is normally temporary: the client is asked to try again. To keep the client from retrying for
 * ever, a failure counts as permanent [P4] if the engine has failed for the same bytes at least
 * GIVE_UP_FAILURES times, and the first time was at least `after_ms` ago. Record only failures of an engine
 * that had received the message and passed its self test afterwards. At most GIVE_UP_MAX messages are
 * remembered; a further one replaces the message whose last failure is oldest. Pure: now_ms is a monotonic
 * clock. {0} is valid and empty. */
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

/* Records a failure. Returns whether it is permanent. */
bool give_up_note(struct give_up *give_up, enum message_kind kind, const struct digest *message,
                  uint64_t now_ms, uint64_t after_ms);

#endif
