/* quarantine_output: output of `postern quarantine`: answers to standard output, with the exit status showing
 * whether they are complete; errors to standard error. */
#ifndef POSTERN_CMD_QUARANTINE_QUARANTINE_OUTPUT_H
#define POSTERN_CMD_QUARANTINE_QUARANTINE_OUTPUT_H

#include "base/buf.h"

#include <jansson.h>

/* "postern quarantine: what: why"; an empty `why` is left out. Returns CMD_FAILED, for the caller to
 * return. */
int quarantine_fail(const char *what, const char *why);
/* Takes ownership of the text, or the value. CMD_DONE; or CMD_FAILED after a message. */
int quarantine_output(struct buf *text);
int quarantine_output_json(json_t *value);
/* A terminal without UTF-8 may interpret bytes of it as control characters. */
bool quarantine_wants_ascii(void);

#endif
