/* engine_command: an ordinary program as the engine, run once per message (P3Scan's scannertype `basic`).
 *
 * [command] run is split into words as a shell would split it, but no shell runs it. The last argument is the
 * path of a file with the message (scan/message_file). The file is removed afterwards. Each line of the
 * output is matched with the pattern [command] name. The verdict depends on how the program ends, and on the
 * lines that match:
 *
 *   - an exit status in clean_codes: clean, unless a line matches; the worst line counts
 *   - an exit status in infected_codes: infected. The name is group name_group of the worst line that
 *     matches; "unknown" if no line matches. If that is a name of libclamav's heuristics for limits and
 *     encryption, the message is unscannable instead [V2]
 *   - another status, a signal, output over ENGINE_COMMAND_OUTPUT_MAX, or no start: failed, unless a line
 *     names a virus
 *   - the deadline: SIGKILL to the process group, and unscannable (limits) [K3], unless a line is worse
 *
 * Only the first ENGINE_COMMAND_LINE_MAX bytes of a line are matched. If the match exceeds its limits
 * (base/pattern), the line counts as failed, because it may name a virus. */
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
