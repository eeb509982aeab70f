/* gateway_output: output of `postern gateway`. Answers go to standard output, errors to standard error. */
#ifndef POSTERN_CMD_GATEWAY_OUTPUT_H
#define POSTERN_CMD_GATEWAY_OUTPUT_H

#include "conf/conf.h"

#include <jansson.h>

/* Print the text or value and free it. Return CMD_DONE or, after an error message, CMD_FAILED. */
int gateway_output(struct buf *text);
int gateway_output_json(json_t *value);

/* Prints one line per problem to standard error; warnings are marked. */
void gateway_output_problems(const struct problems *problems);
/* Returns a list of objects {"error": BOOL, "text": TEXT}. */
json_t *gateway_problems_json(const struct problems *problems);

#endif
