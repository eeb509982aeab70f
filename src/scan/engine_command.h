/* engine_command: an ordinary program as the engine, one run a message (P3Scan's scannertype `basic`).
 *
 * [command] run is split into words as a shell would, and never given to one; the last argument is the
 * path of a file with the message (scan/message_file), which is removed afterwards. What counts:
 *
 *   - an exit status in clean_codes: clean, unless a line of the output names something: the worst counts
 *   - an exit status in infected_codes: infected; its name is group name_group of [command] name in the line
 *     that says the worst, "unknown" without a match; names of libclamav's heuristics for limits and
 *     encryption make it unscannable [V2]
 *   - any other status, a signal, a program that cannot be started, output over OUTPUT_MAX: failed, unless a
 *     line names a virus
 *   - the deadline: SIGKILL to its process group, unscannable (limits) [K3]
 *
 * A line is matched up to LINE_MAX bytes; a line too hard for the pattern (core/pattern) is no proof of being
 * clean: failed. */
#ifndef POSTERN_SCAN_ENGINE_COMMAND_H
#define POSTERN_SCAN_ENGINE_COMMAND_H

#include "conf/conf.h"
#include "scan/engine.h"

#include "base/buf.h"

#include <event2/event.h>

enum { ENGINE_COMMAND_OUTPUT_MAX = 256 * 1024, ENGINE_COMMAND_LINE_MAX = 4096 };

/* conf outlives the engine. NULL when the command or its pattern is wrong: *error says how. */
struct engine *engine_command_new(struct event_base *base, const struct conf *conf, struct buf *error);

#endif
