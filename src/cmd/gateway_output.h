/* gateway_output: what `postern gateway` says: answers to standard output, whole or not at all in the exit
 * status; complaints to standard error. */
#ifndef POSTERN_CMD_GATEWAY_OUTPUT_H
#define POSTERN_CMD_GATEWAY_OUTPUT_H

#include "conf/conf.h"

#include <jansson.h>

/* "postern gateway: text". CMD_FAILED, for the caller to return. */
int gateway_fail(const char *text);
/* Takes the text, or the value. CMD_DONE, or CMD_FAILED and said so. */
int gateway_output(struct buf *text);
int gateway_output_json(json_t *value);

/* One line each; a warning says that it is one. */
void gateway_output_problems(const struct problems *problems);
/* The same as a list: "error": is it one, "text". */
json_t *gateway_problems_json(const struct problems *problems);

#endif
