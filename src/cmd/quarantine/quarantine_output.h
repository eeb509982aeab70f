/* quarantine_output: output of `postern quarantine`. Answers go to standard output, errors to standard error;
 * the exit status tells whether an answer is complete. */
#ifndef POSTERN_CMD_QUARANTINE_QUARANTINE_OUTPUT_H
#define POSTERN_CMD_QUARANTINE_QUARANTINE_OUTPUT_H

#include "base/buf.h"

#include <jansson.h>

/* Prints "postern quarantine: what: why", or "postern quarantine: what" if `why` is empty. Returns
 * CMD_FAILED. */
int quarantine_fail(const char *what, const char *why);
/* Prints the text or value and frees it. Returns CMD_DONE; or CMD_FAILED after a message. */
int quarantine_output(struct buf *text);
int quarantine_output_json(json_t *value);
/* Returns whether output goes to a terminal without UTF-8, which may take bytes of UTF-8 for control
 * characters. */
bool quarantine_wants_ascii(void);

#endif
