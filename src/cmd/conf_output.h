/* conf_output: a configuration on standard output, as a file that could be used, with its problems as
 * comments.
 */
#ifndef POSTERN_CMD_CONF_OUTPUT_H
#define POSTERN_CMD_CONF_OUTPUT_H

#include "conf/conf.h"

/* "# text", a line, whatever is in the text. */
void conf_output_comment(struct buf *out, const char *text);
/* CMD_DONE, or CMD_FAILED and said so: what was written is no file then. */
int conf_output(const char *command, const struct buf *text);

#endif
