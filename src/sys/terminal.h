/* terminal: asks for a secret on the terminal from which this process was started. */
#ifndef POSTERN_SYS_TERMINAL_H
#define POSTERN_SYS_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* Opens the controlling terminal. -1: there is none, or the process is in the background there. */
int terminal_open(void);
void terminal_write(int terminal, const char *text);

/* Writes the prompt and reads a line, which the terminal does not show. Copies it into `line`, which has
 * `size` octets, with a newline at its end. Returns false at an end of file, and if the line is too long.
 *
 * A signal that ends the process (SIGINT, SIGTERM, SIGHUP, SIGQUIT) does so only when the terminal shows its
 * input again. Meanwhile the process cannot be suspended by the terminal. */
bool terminal_ask(int terminal, const char *prompt, char *line, size_t size);

#endif
