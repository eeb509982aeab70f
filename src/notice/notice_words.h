/* notice_words: the built-in words of notices, in several languages.
 *
 * The language is the template's Content-Language if there are words in it, else [notice] language, else
 * English. To add a language, add a row to the table. */
#ifndef POSTERN_NOTICE_NOTICE_WORDS_H
#define POSTERN_NOTICE_NOTICE_WORDS_H

#include "base/span.h"

struct notice_words {
    const char *tag;           /* RFC 5646: "en" */
    const char *unknown;       /* for a value that is unknown */
    const char *subject;       /* precedes the virus name; default of [notice] subject */
    const char *archived;      /* precedes the file name in the quarantine */
    const char *destroyed;     /* a whole sentence */
    const char *not_scannable; /* precedes the reason in parentheses */
    const char *colon;         /* between the reason and the engine's name for it */
    const char *reasons[8];    /* by enum unscannable */
    const char *kinds[2];      /* by enum message_kind */
    const char *directions[2]; /* by enum message_direction */
};

/* Finds the words by the primary subtag of a language tag ("fr" of "fr-CA"). NULL: there are no words in this
 * language. */
const struct notice_words *notice_words_find(struct span language);
const struct notice_words *notice_words_default(void);

#endif
