/* quarantine_command: `postern quarantine` run within the test, on a quarantine_lab of its own. */
#ifndef POSTERN_TESTS_QUARANTINE_COMMAND_H
#define POSTERN_TESTS_QUARANTINE_COMMAND_H

#include "cmd/cmd.h"
#include "tests/unit/quarantine/quarantine_lab.h"

/* What the last run said. */
extern struct buf command_out, command_err;
extern char command_conf[128]; /* the path of the configuration */

int command_setup(void **state);
int command_teardown(void **state);
/* `words` are split at spaces; "%" is the configuration. The exit status. */
int command(const char *words);
/* The same, "#" being an id. */
int command_id(const char *words, const char *id);
/* Standard output goes there, and not into command_out. */
int command_onto(int stdout_fd, const char *words);

#endif
