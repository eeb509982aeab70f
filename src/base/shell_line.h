/* shell_line: finds the parts of a command line that only a shell understands.
 *
 * [command] run is executed without a shell (base/words), unlike P3Scan's command. If the line was written
 * for a shell, the program would get redirections and the like as arguments, and every scan would fail.
 * Quoted parts are always taken for plain arguments. Pure. */
#ifndef POSTERN_BASE_SHELL_LINE_H
#define POSTERN_BASE_SHELL_LINE_H

#include "base/buf.h"

/* Returns the first word that was probably meant for a shell: a redirection, a pipe, a list of commands, a
 * substitution, a variable, a home directory, a glob pattern. Empty if there is none. */
struct span shell_line_find(struct span line);
/* Appends a command line that runs `line` in a shell. The path of the message's file is passed as $0 of that
 * shell. */
void shell_line_add_wrapped(struct buf *out, struct span line);

#endif
