/* engine_none: looks at nothing and calls everything clean.
 *
 * Only for who asks for it by name in the configuration; scan announces it at start, and the verdict names
 * it. */
#ifndef POSTERN_SCAN_ENGINE_NONE_H
#define POSTERN_SCAN_ENGINE_NONE_H

#include "scan/engine.h"

#include <event2/event.h>

struct engine *engine_none_new(struct event_base *base);

#endif
