/* scan_builtin: the engine `builtin` in the scan process: one loader, and a changing set of workers.
 *
 * The loader (postern-clamav) sends the channel of each worker that it forks. A worker has one message at a
 * time, and itself ends a scan that reaches the deadline. A worker that is suspended or swapped out cannot do
 * so. Therefore the loader is asked to kill a worker at twice the deadline. In a short try
 * (engine_job.is_try) the worker is killed soon after the deadline. If the verdict is not needed any more,
 * the worker is killed after a short time.
 *
 * If a worker is killed or dies during a scan, the message is given to another worker, but only once. If the
 * second worker dies, too, the message is unscannable (limits) [K3]. The death of a worker that died together
 * with the loader does not count, because the message may not be the cause. A message that waits for its
 * second worker longer than the deadline is `failed`.
 *
 * A worker has parsed hostile bytes. Therefore its replies are validated, and their texts are cleaned. */
#ifndef POSTERN_PROC_SCAN_BUILTIN_H
#define POSTERN_PROC_SCAN_BUILTIN_H

#include "proc/ipc/ipc.h"
#include "scan/engine.h"

enum { SCAN_BUILTIN_WORKERS_MAX = 256 };

/* `on_change` is called when a worker is connected: is_ready may have become true. */
struct engine *scan_builtin_new(struct event_base *base, void (*on_change)(void *context), void *context);
/* Takes fd, the channel to a new loader. The previous loader is dead. */
void scan_builtin_take_loader(struct engine *engine, int fd, unsigned index);

/* Sets the fields about signatures to what the loader has reported. */
void scan_builtin_describe(const struct engine *engine, struct engine_state *state);

#endif
