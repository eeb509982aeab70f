/* shell_line: finds the parts of a command line that only a shell understands.
 *
 * [command] run is executed without a shell (core/words). A line that was written for a shell, as P3Scan used
 * one, gives the program arguments that it does not understand, and every scan fails. Quoted parts are always
 * plain arguments. Pure. */
#ifndef POSTERN_BASE_SHELL_LINE_H
#define POSTERN_BASE_SHELL_LINE_H

#include "base/buf.h"

/* The first word that a shell would interpret: a redirection, a pipe, a list of commands, a substitution, a
 * variable, a home directory, a glob pattern. Empty: there is none. */
struct span shell_line_find(struct span line);
/* Appends a line with the same meaning that starts a shell itself. The file's path, which is the last
 * argument, is $0 in that shell. */
void shell_line_add_wrapped(struct buf *out, struct span line);

#endif
