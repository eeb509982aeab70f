/* engine_clamd: ClamAV's daemon as the engine.
 *
 * [clamd] socket: addresses that are tried in turn, a Unix socket by its path or a TCP port. `connections`
 * messages are there at a time; the rest wait in our queue, not in clamd's. An answer is read to the letter
 * (scan/clamd_reply); no answer, a broken one or nobody there is `failed`; the deadline, and a stream larger
 * than clamd takes, are unscannable (limits).
 *
 * clamd says OK to what stopped it short unless its own configuration has AlertExceedsMax and AlertEncrypted;
 * whether it has the second is found out by showing it an encrypted zip, at the first contact and whenever
 * its version changed, and told. Its version is asked for again and again: another one (freshclam was there)
 * calls `changed`. */
#ifndef POSTERN_SCAN_ENGINE_CLAMD_H
#define POSTERN_SCAN_ENGINE_CLAMD_H

#include "conf/conf.h"
#include "scan/engine.h"

#include <event2/event.h>

/* conf outlives the engine. */
struct engine *engine_clamd_new(struct event_base *base, const struct conf *conf,
                                void (*changed)(void *context), void *context);

/* The version of its signatures, as it has last said. */
void engine_clamd_describe(const struct engine *engine, struct engine_state *state);

#endif
