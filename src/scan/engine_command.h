/* engine_command: an ordinary program as the engine, run once per message (P3Scan's scannertype `basic`).
 *
 * [command] run is split into words as a shell would split it, but no shell runs it; the last argument is the
 * path of a file with the message (scan/message_file). The file is removed afterwards. The verdict:
 *
 *   - an exit status in clean_codes: clean, unless a line of the output matches [command] name; the worst
 *     line counts
 *   - an exit status in infected_codes: infected; the name is group name_group of [command] name in the worst
 *     line, "unknown" without a match; names of libclamav's heuristics for limits and encryption make the
 *     message unscannable [V2]
 *   - any other status, a signal, a program that cannot be started, output over ENGINE_COMMAND_OUTPUT_MAX:
 *     failed, unless a line names a virus
 *   - the deadline: SIGKILL to the process group, unscannable (limits) [K3]
 *
 * A line is matched up to ENGINE_COMMAND_LINE_MAX bytes. A line for which the pattern exceeds its match
 * limits (base/pattern) counts as failed, since it may name a virus. */
#ifndef POSTERN_SCAN_ENGINE_COMMAND_H
#define POSTERN_SCAN_ENGINE_COMMAND_H

#include "conf/conf.h"
#include "scan/engine.h"

#include "base/buf.h"

#include <event2/event.h>

enum { ENGINE_COMMAND_OUTPUT_MAX = 256 * 1024, ENGINE_COMMAND_LINE_MAX = 4096 };

/* conf must outlive the engine. Returns NULL if the command, its pattern or its directory cannot be used;
 * *error has the reason. */
struct engine *engine_command_new(struct event_base *base, const struct conf *conf, struct buf *error);

#endif
