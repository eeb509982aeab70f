/* words: splits a command line into words, with the quotes of a POSIX shell and nothing else of its syntax.
 *
 * [command] run is executed without a shell. The characters of variables, globs, pipes, redirections,
 * substitutions and comments are therefore ordinary ones. Quotes are those of POSIX.1-2017, Shell Command
 * Language 2.2, but a backslash at the end of a line does not continue the line. Between single quotes every
 * character is literal. Between double quotes a backslash escapes only $, `, " and \. Outside quotes a
 * backslash makes the next character literal. Pure. */
#ifndef POSTERN_BASE_WORDS_H
#define POSTERN_BASE_WORDS_H

#include "base/span.h"

enum { WORDS_MAX = 64 };

/* {0} is valid and empty. */
struct words {
    size_t n;
    char *at[WORDS_MAX + 1]; /* owned, NUL-terminated; NULL after the last */
};

/* Returns NULL if successful. Otherwise returns a description of the error, and `words` is empty. A line
 * without a word is an error, and so is an empty first word. */
const char *words_init(struct words *words, struct span text);
void words_fini(struct words *words);

#endif
