/* words: a command line split into words as a POSIX shell splits them, and nothing else a shell does.
 *
 * The command of [command] run is executed without a shell: no variable, glob, pipe, redirection or
 * substitution means anything here, every such character is itself. Only white space separates, and quoting
 * is that of POSIX.1-2017, Shell Command Language 2.2: 'as it stands', "backslash escapes $ ` \" \\ only",
 * and a backslash outside of quotes takes the next character as it is. Pure. */
#ifndef POSTERN_BASE_WORDS_H
#define POSTERN_BASE_WORDS_H

#include "base/span.h"

enum { WORDS_MAX = 64 };

/* {0} is valid and empty. */
struct words {
    size_t n;
    char *at[WORDS_MAX + 1]; /* owned, NUL-terminated; NULL behind the last */
};

/* NULL, or what is wrong with the text, and then words is empty. A text without a word is wrong too. */
const char *words_init(struct words *words, struct span text);
void words_fini(struct words *words);

#endif
