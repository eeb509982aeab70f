/* tool: nft(8), ip(8) and the like, run to their end: text in, text out, no shell.
 *
 * For commands, and for processes that may wait: the call blocks, `deadline_ms` at most. The program is
 * looked for in /usr/sbin, /usr/bin, /sbin and /bin, never in PATH; its environment is LC_ALL=C and nothing
 * else; it dies with us. */
#ifndef POSTERN_SYS_TOOL_H
#define POSTERN_SYS_TOOL_H

#include "base/buf.h"

#include <stdint.h>

struct tool_result {
    int status; /* its exit status; -1: it was not there, could not be run, or was killed (see error) */
    struct buf output, error; /* standard output and error; with status -1 the reason is in error */
};

/* argv[0] is the program's bare name; NULL-terminated. True: status is 0. The result is to be freed either
 * way. */
bool tool_run(const char *const *argv, struct span input, uint64_t deadline_ms, struct tool_result *result);
void tool_result_fini(struct tool_result *result);
/* Is the program there at all? */
bool tool_exists(const char *name);

#endif
