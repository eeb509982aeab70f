/* engine_trust: an engine that is believed only after it has passed its self test.
 *
 * Stands before another engine, of whatever kind, and is one itself. At first, after engine_trust_test and
 * after every failure the engine is shown the objects of scan/self_test. Until it has passed, messages wait
 * for the end of the test; after a test that it failed they are answered `failed`, and the next message, or a
 * timer with a growing pause, has it tried again. Without a reason it is tried again each RETEST_MS.
 *
 * An engine that gives no answer is the message's fault or its own; what decides:
 *
 *   - the deadline passed: if it answered another request in the last half of the deadline (a self test is
 *     sent then, if nothing else is there), the message is to blame, and unscannable (limits); otherwise the
 *     engine stalls, and the message has `failed`
 *   - it failed: the self test follows. Bytes for which an engine that passes it fails again and again
 *     (scan/give_up) are unscannable (engine)
 *
 * A verdict that comes while the engine is not proven, because it was restarted meanwhile, waits for the
 * test; only `infected` is believed at once. */
#ifndef POSTERN_SCAN_ENGINE_TRUST_H
#define POSTERN_SCAN_ENGINE_TRUST_H

#include "scan/engine.h"
#include "scan/self_test.h"

#include <event2/event.h>

struct engine_trust_settings {
    const char *name; /* of the engine, for the log */
    const struct self_test *test;
    uint64_t deadline_ms, give_up_ms;
    /* A test has ended. `was_wrong`: a proven engine has failed it, and what it said before may be wrong. */
    void (*ended)(void *context, bool was_wrong);
    void *context;
};

/* Takes the engine. The test outlives it. */
struct engine *engine_trust_new(struct event_base *base, struct engine *engine,
                                const struct engine_trust_settings *settings);
/* It has other signatures, or is another process: it has to pass anew. */
void engine_trust_test(struct engine *trust);
/* Has its first test ended? */
bool engine_trust_is_tried(const struct engine *trust);
/* Its last test has ended with a wrong answer, and not only without one. */
bool engine_trust_is_refuted(const struct engine *trust);
/* .is_ready, .proof, .said. */
void engine_trust_describe(const struct engine *trust, struct engine_state *state);

#endif
