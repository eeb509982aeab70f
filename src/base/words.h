/* words: splits a command line into words as a POSIX shell does, and does nothing else that a shell does.
 *
 * [command] run is executed without a shell: variables, globs, pipes, redirections and substitutions have no
 * meaning here; each such character stands for itself. Only white space separates words, and quoting is that
 * of POSIX.1-2017, Shell Command Language 2.2: 'literal', "backslash escapes $ ` \" \\ only", and a backslash
 * outside of quotes takes the next character literally. Pure. */
#ifndef POSTERN_BASE_WORDS_H
#define POSTERN_BASE_WORDS_H

#include "base/span.h"

enum { WORDS_MAX = 64 };

/* {0} is valid and empty. */
struct words {
    size_t n;
    char *at[WORDS_MAX + 1]; /* owned, NUL-terminated; NULL after the last */
};

/* NULL, or what is wrong with the text; words is empty then. A text without any word is an error, too. */
const char *words_init(struct words *words, struct span text);
void words_fini(struct words *words);

#endif
