/* quarantine_command: runs `postern quarantine` within the test, on a quarantine_lab of its own. */
#ifndef POSTERN_TESTS_QUARANTINE_COMMAND_H
#define POSTERN_TESTS_QUARANTINE_COMMAND_H

#include "cmd/cmd.h"
#include "tests/unit/quarantine/quarantine_lab.h"

/* Output of the last run. */
extern struct buf command_out, command_err;
extern char command_conf[128]; /* path of the configuration */

int command_setup(void **state);
int command_teardown(void **state);
/* `words` is split at spaces; "%" is replaced by the configuration's path. Returns the exit status. */
int command(const char *words);
/* The same; "#" is replaced by an id. */
int command_id(const char *words, const char *id);
/* The same, with standard output to this descriptor instead of command_out. */
int command_onto(int stdout_fd, const char *words);

#endif
