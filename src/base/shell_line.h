/* shell_line: finds the parts of a command line that only a shell understands.
 *
 * [command] run is executed without a shell (base/words), unlike P3Scan's command. A line that was written
 * for a shell would pass redirections and the like to the program as arguments, and every scan would fail.
 * Quoted parts are always taken for plain arguments. Pure. */
#ifndef POSTERN_BASE_SHELL_LINE_H
#define POSTERN_BASE_SHELL_LINE_H

#include "base/buf.h"

/* Returns the first word that was probably meant for a shell: a redirection, a pipe, a list of commands, a
 * substitution, a variable, a home directory, a glob pattern. Empty if there is none. */
struct span shell_line_find(struct span line);
/* Appends a line with the same meaning that starts a shell itself. The file's path, which is the last
 * argument, is $0 in that shell. */
void shell_line_add_wrapped(struct buf *out, struct span line);

#endif
