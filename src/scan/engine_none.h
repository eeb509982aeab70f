/* engine_none: scans nothing and returns `clean` for every message.
 *
 * Used only if the configuration names this engine. Scan then logs a warning at start. The verdicts say that
 * the engine is "none". */
#ifndef POSTERN_SCAN_ENGINE_NONE_H
#define POSTERN_SCAN_ENGINE_NONE_H

#include "scan/engine.h"

#include <event2/event.h>

struct engine *engine_none_new(struct event_base *base);

#endif
