/* quarantine_output: output of `postern quarantine`. Answers go to standard output, errors to standard
 * error. */
#ifndef POSTERN_CMD_QUARANTINE_QUARANTINE_OUTPUT_H
#define POSTERN_CMD_QUARANTINE_QUARANTINE_OUTPUT_H

#include "base/buf.h"

#include <jansson.h>

/* Prints "postern quarantine: what: why"; if `why` is empty, without ": why". Returns CMD_FAILED. */
int quarantine_fail(const char *what, const char *why);
/* Print the text or value and free it. Return CMD_DONE or, after an error message, CMD_FAILED. */
int quarantine_output(struct buf *text);
int quarantine_output_json(json_t *value);
/* Returns whether standard output is a terminal without UTF-8. Such a terminal may take bytes of UTF-8 for
 * control characters. */
bool quarantine_wants_ascii(void);

#endif
