/* scan_builtin: the engine `builtin` in the scan process: one loader, and a changing set of workers.
 *
 * The loader (postern-clamav) sends the channel of each worker that it forks. A worker has one message at a
 * time, and ends a long scan itself at the deadline. If it has not ended the scan at twice the deadline,
 * because it is stopped by a signal or swapped out, the loader is asked to kill it. If a worker is killed or
 * dies during a scan, the message is given once to another worker; if that worker dies too, the message is
 * unscannable (limits) [K3]. A worker that died together with the loader does not count, because the message
 * may not be the cause. A message that waits for its second worker longer than the deadline is `failed`.
 *
 * The replies of a worker are validated and their texts cleaned, because it has parsed hostile bytes. */
#ifndef POSTERN_PROC_SCAN_BUILTIN_H
#define POSTERN_PROC_SCAN_BUILTIN_H

#include "proc/ipc/ipc.h"
#include "scan/engine.h"

enum { SCAN_BUILTIN_WORKERS_MAX = 256 };

/* `on_change` is called when a worker is connected, so that is_ready may have become true. */
struct engine *scan_builtin_new(struct event_base *base, void (*on_change)(void *context), void *context);
/* Takes fd, the channel to a new loader. The previous loader is dead. */
void scan_builtin_take_loader(struct engine *engine, int fd, unsigned index);

/* Sets the fields about signatures to what the loader has reported. */
void scan_builtin_describe(const struct engine *engine, struct engine_state *state);

#endif
