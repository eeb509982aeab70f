/* engine_command: an ordinary program as the engine, run once per message (P3Scan's scannertype `basic`).
 *
 * [command] run is split into words as a shell would split it, but no shell runs it; the last argument is the
 * path of a file with the message (scan/message_file), which is removed afterwards. The verdict:
 *
 *   - an exit status in clean_codes: clean, unless a line of the output reports something (the worst
 *     line counts)
 *   - an exit status in infected_codes: infected; the name is group name_group of [command] name in the worst
 *     line, "unknown" without a match; names of libclamav's heuristics for limits and encryption make the
 *     message unscannable [V2]
 *   - any other status, a signal, a program that cannot be started, output over OUTPUT_MAX: failed, unless a
 *     line names a virus
 *   - the deadline: SIGKILL to the process group, unscannable (limits) [K3]
 *
 * A line is matched up to LINE_MAX bytes. If a line exceeds the match limits of the pattern (base/pattern),
 * the verdict is failed, since it may have named a virus. */
#ifndef POSTERN_SCAN_ENGINE_COMMAND_H
#define POSTERN_SCAN_ENGINE_COMMAND_H

#include "conf/conf.h"
#include "scan/engine.h"

#include "base/buf.h"

#include <event2/event.h>

enum { ENGINE_COMMAND_OUTPUT_MAX = 256 * 1024, ENGINE_COMMAND_LINE_MAX = 4096 };

/* conf must outlive the engine. NULL: the command or its pattern is invalid; *error says why. */
struct engine *engine_command_new(struct event_base *base, const struct conf *conf, struct buf *error);

#endif
