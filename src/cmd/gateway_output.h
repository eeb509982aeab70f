/* gateway_output: output of `postern gateway`: answers to standard output, with the exit status showing
 * whether they are complete; errors to standard error. */
#ifndef POSTERN_CMD_GATEWAY_OUTPUT_H
#define POSTERN_CMD_GATEWAY_OUTPUT_H

#include "conf/conf.h"

#include <jansson.h>

/* "postern gateway: text". Returns CMD_FAILED, for the caller to return. */
int gateway_fail(const char *text);
/* Takes ownership of the text, or the value. CMD_DONE; or CMD_FAILED after a message. */
int gateway_output(struct buf *text);
int gateway_output_json(json_t *value);

/* One line each; warnings are marked. */
void gateway_output_problems(const struct problems *problems);
/* The same as a list of objects: "error": whether it is one, "text". */
json_t *gateway_problems_json(const struct problems *problems);

#endif
