/* scan_builtin: the engine `builtin` as scan sees it: a loader, and workers that come and go.
 *
 * The loader (postern-clamav) sends the channel of each worker that it forks; a worker gets one message at a
 * time. The worker ends a long scan itself at the deadline; at twice that the loader is asked to kill it, for
 * it may be stopped or swapped out. A worker that is killed or dies under a message: the message is given to
 * another one once, and is unscannable (limits) when that one dies too [K3] - unless the loader died as well,
 * for then nobody knows what the message had to do with it. A message that waits for its second worker longer
 * than its deadline is `failed`.
 *
 * What a worker says is checked for form and its texts are cleaned: it has parsed hostile bytes. */
#ifndef POSTERN_PROC_SCAN_BUILTIN_H
#define POSTERN_PROC_SCAN_BUILTIN_H

#include "proc/ipc/ipc.h"
#include "scan/engine.h"

enum { SCAN_BUILTIN_WORKERS_MAX = 256 };

/* `on_change`: a worker came; is_ready may have become true. */
struct engine *scan_builtin_new(struct event_base *base, void (*on_change)(void *context), void *context);
/* The parent's news: the channel to a new loader; the one before is dead. Takes fd. */
void scan_builtin_take_loader(struct engine *engine, int fd, unsigned index);

/* What its loader said of its signatures. */
void scan_builtin_describe(const struct engine *engine, struct engine_state *state);

#endif
