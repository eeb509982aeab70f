/* engine_trust: a wrapper that trusts an engine only after the engine has passed its self test.
 *
 * The wrapper takes an engine of any kind and is an engine itself. At start, after engine_trust_test and
 * after every failure, the engine is given the objects of scan/self_test. Until the test has ended, messages
 * wait for it. If the engine does not pass, these messages are answered `failed`, and a timer with growing
 * intervals repeats the test. If the engine gave no verdict in the test, the next message starts a new test,
 * too. An engine that has passed is tested again every RETEST_MS.
 *
 * If an engine gives no verdict, either the message or the engine is at fault:
 *
 *   - The deadline has passed. If the engine has answered another request during the last half of the
 *     deadline, the message is at fault, and is unscannable (limits). If there was no such answer, a self
 *     test decides: an engine that does not pass it is at fault, and the verdict is `failed`.
 *   - The engine has failed. A self test follows, and the verdict is `failed`. If the engine passes the
 *     tests, but fails repeatedly for the same bytes (scan/give_up), these are unscannable (engine).
 *
 * If the engine is restarted during a scan, it must pass the test again before the verdict is accepted. Only
 * `infected` is accepted at once. */
#ifndef POSTERN_SCAN_ENGINE_TRUST_H
#define POSTERN_SCAN_ENGINE_TRUST_H

#include "scan/engine.h"
#include "scan/self_test.h"

#include <event2/event.h>

struct engine_trust_settings {
    const char *name; /* of the engine, for the log */
    const struct self_test *test;
    uint64_t deadline_ms, give_up_ms;
    /* Called when a test has ended. `was_wrong`: a proven engine has failed it, so its earlier verdicts may
     * be wrong. */
    void (*ended)(void *context, bool was_wrong);
    void *context;
};

/* Owns the engine from now on. settings->test must outlive the wrapper. */
struct engine *engine_trust_new(struct event_base *base, struct engine *engine,
                                const struct engine_trust_settings *settings);
/* Call when the engine has other signatures or is another process: it must pass the test again. */
void engine_trust_test(struct engine *trust);
/* Has the first test ended, or is the self test off? */
bool engine_trust_is_tried(const struct engine *trust);
/* Did the last test end with a wrong verdict, rather than without a verdict? */
bool engine_trust_is_refuted(const struct engine *trust);
/* Sets .is_ready, .proof and .failure. */
void engine_trust_describe(const struct engine *trust, struct engine_state *state);

#endif
