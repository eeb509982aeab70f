/* quarantine_output: what `postern quarantine` says, and where: answers to standard output, whole or not at
 * all in the exit status; complaints to standard error. */
#ifndef POSTERN_CMD_QUARANTINE_QUARANTINE_OUTPUT_H
#define POSTERN_CMD_QUARANTINE_QUARANTINE_OUTPUT_H

#include "base/buf.h"

#include <jansson.h>

/* "postern quarantine: what: why"; an empty `why` is left out. CMD_FAILED, for the caller to return. */
int quarantine_fail(const char *what, const char *why);
/* Takes the text, or the value. CMD_DONE, or CMD_FAILED and said so. */
int quarantine_output(struct buf *text);
int quarantine_output_json(json_t *value);
/* A terminal that does not speak UTF-8 may take bytes of it for control characters. */
bool quarantine_wants_ascii(void);

#endif
