/* engine_clamd: ClamAV's daemon as the engine.
 *
 * [clamd] socket lists addresses that are tried in turn: the path of a Unix socket, or a TCP port. At most
 * `connections` messages are sent to clamd at once; the others wait in our queue, not in clamd's. Replies are
 * parsed strictly (scan/clamd_reply). No reply, a malformed reply and a refused connection yield `failed`; a
 * passed deadline and a stream larger than clamd accepts yield `unscannable (limits)`.
 *
 * clamd reports OK for content that it could not scan fully unless its own configuration sets AlertExceedsMax
 * and AlertEncrypted. The second is tested with an encrypted zip at the first contact and whenever clamd's
 * version changes; a warning is logged if it is not set. The version is polled: when it changes (new
 * signatures, for example), `changed` is called. */
#ifndef POSTERN_SCAN_ENGINE_CLAMD_H
#define POSTERN_SCAN_ENGINE_CLAMD_H

#include "conf/conf.h"
#include "scan/engine.h"

#include <event2/event.h>

/* conf must outlive the engine. */
struct engine *engine_clamd_new(struct event_base *base, const struct conf *conf,
                                void (*changed)(void *context), void *context);

/* Fills in the signature version that clamd last reported. */
void engine_clamd_describe(const struct engine *engine, struct engine_state *state);

#endif
