/* engine_clamd: ClamAV's daemon as the engine.
 *
 * [clamd] socket lists addresses that are tried in turn: paths of Unix sockets, and TCP ports. At most
 * `connections` messages are sent to clamd at once; the others wait in scan/scan_queue, not in clamd's queue.
 * Replies are parsed strictly (scan/clamd_reply). If there is no valid reply, the verdict is `failed`. If the
 * deadline passes, or the stream is larger than clamd accepts, the verdict is unscannable (limits).
 *
 * Unless AlertExceedsMax and AlertEncrypted are set in clamd's configuration, clamd reports OK for content
 * that it could not scan fully. At the first contact, and whenever clamd's version changes, the engine tests
 * AlertEncrypted with an encrypted zip. If AlertEncrypted is not set, a warning is logged.
 *
 * The engine polls the version, which includes that of the signatures. `changed` is called when the version
 * changes, when a scan over a Unix socket finds another clamd process, and when clamd becomes unreachable. */
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
