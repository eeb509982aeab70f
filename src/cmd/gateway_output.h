/* gateway_output: output of `postern gateway`. Answers go to standard output, errors to standard error; the
 * exit status tells whether an answer is complete. */
#ifndef POSTERN_CMD_GATEWAY_OUTPUT_H
#define POSTERN_CMD_GATEWAY_OUTPUT_H

#include "conf/conf.h"

#include <jansson.h>

/* Prints the text or value and frees it. Returns CMD_DONE; or CMD_FAILED after a message. */
int gateway_output(struct buf *text);
int gateway_output_json(json_t *value);

/* Prints one line per problem to standard error; warnings are marked. */
void gateway_output_problems(const struct problems *problems);
/* Returns a list of objects {"error": BOOL, "text": TEXT}. */
json_t *gateway_problems_json(const struct problems *problems);

#endif
