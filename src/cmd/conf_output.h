/* conf_output: writes a configuration to standard output as a valid file, with its problems as comments. */
#ifndef POSTERN_CMD_CONF_OUTPUT_H
#define POSTERN_CMD_CONF_OUTPUT_H

#include "conf/conf.h"

/* Appends "# text" as one line: control characters, including line ends, become '?'. */
void conf_output_comment(struct buf *out, const char *text);
/* Prints the text, and returns CMD_DONE. If the output fails, prints a message and returns CMD_FAILED. */
int conf_output(const char *command, const struct buf *text);

#endif
