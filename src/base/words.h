/* words: splits a command line into words. White space and quotes have the meaning that they have in a POSIX
 * shell; no other character has a meaning, and there are no comments and no continued lines.
 *
 * [command] run is executed without a shell: variables, globs, pipes, redirections and substitutions have no
 * meaning here, and their characters are ordinary ones. Quotes are those of POSIX.1-2017, Shell Command
 * Language 2.2. Between single quotes every character is literal. Between double quotes a backslash escapes
 * only $, `, " and \. Outside quotes a backslash makes the next character literal. Pure. */
#ifndef POSTERN_BASE_WORDS_H
#define POSTERN_BASE_WORDS_H

#include "base/span.h"

enum { WORDS_MAX = 64 };

/* {0} is valid and empty. */
struct words {
    size_t n;
    char *at[WORDS_MAX + 1]; /* owned, NUL-terminated; NULL after the last */
};

/* Returns NULL or, after an error, a description of it; words is then empty. It is an error if there is no
 * word, or if the first word is empty. */
const char *words_init(struct words *words, struct span text);
void words_fini(struct words *words);

#endif
