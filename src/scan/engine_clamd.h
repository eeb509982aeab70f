/* engine_clamd: ClamAV's daemon as the engine.
 *
 * [clamd] socket lists addresses that are tried in turn: the path of a Unix socket, or a TCP port. At most
 * `connections` messages are sent to clamd at once; the others wait in our queue, not in clamd's. Replies are
 * parsed strictly (scan/clamd_reply). No reply, a malformed reply and a refused connection yield `failed`; a
 * passed deadline and a stream larger than clamd accepts yield `unscannable (limits)`.
 *
 * Unless AlertExceedsMax and AlertEncrypted are set in clamd's configuration, clamd reports OK for content
 * that it could not scan fully. AlertEncrypted is tested with an encrypted zip at the first contact and
 * whenever clamd's version changes; if it is not set, a warning is logged. The version is polled. `changed`
 * is called when the version changes (with new signatures, for example), when a scan over a Unix socket finds
 * another clamd process, and when clamd becomes unreachable. */
#ifndef POSTERN_SCAN_ENGINE_CLAMD_H
#define POSTERN_SCAN_ENGINE_CLAMD_H

#include "conf/conf.h"
#include "scan/engine.h"

#include <event2/event.h>

/* conf must outlive the engine. */
struct engine *engine_clamd_new(struct event_base *base, const struct conf *conf,
                                void (*changed)(void *context), void *context);

/* Sets the fields about signatures to what clamd has last reported. */
void engine_clamd_describe(const struct engine *engine, struct engine_state *state);

#endif
