/* shell_line: parts of a command line that mean something to a shell alone.
 *
 * No shell runs [command] run (core/words). A line that was written for one - P3Scan had one - gives a
 * program arguments that it does not understand, and every scan fails. Quoted parts are arguments, whatever
 * they are. Pure. */
#ifndef POSTERN_BASE_SHELL_LINE_H
#define POSTERN_BASE_SHELL_LINE_H

#include "base/buf.h"

/* The first word that a shell would not take as it stands: a redirection, a pipe, a list of commands, a
 * substitution, a variable, a home directory, a pattern for paths. Empty: there is none. */
struct span shell_line_find(struct span line);
/* Appends a line with the same meaning that needs no shell: it starts one. The file's path, its last
 * argument, is $0 to that shell. */
void shell_line_add_wrapped(struct buf *out, struct span line);

#endif
