/* tool: runs nft(8), ip(8) and similar programs without a shell, and waits for their end.
 *
 * Only commands and processes that may block can use this module. The program is looked up in /usr/sbin,
 * /usr/bin, /sbin and /bin, never in PATH. Its environment is only LC_ALL=C. It is killed when it runs longer
 * than `timeout_ms`, and when this process dies. */
#ifndef POSTERN_SYS_TOOL_H
#define POSTERN_SYS_TOOL_H

#include "base/buf.h"

#include <stdint.h>

struct tool_result {
    int status; /* the exit status; -1: the program does not exist, could not be run, or was killed */
    struct buf output, error; /* of the program; with status -1, `error` has the reason */
};

/* argv[0] is the program's name without a directory; argv ends with NULL. The program reads `input` from its
 * standard input. True if the exit status is 0. The caller must call tool_result_fini, also after a
 * failure. */
bool tool_run(const char *const *argv, struct span input, uint64_t timeout_ms, struct tool_result *result);
void tool_result_fini(struct tool_result *result);
/* True if the program is in one of the four directories. */
bool tool_exists(const char *name);

#endif
