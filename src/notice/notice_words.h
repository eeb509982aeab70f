/* notice_words: what a notice says by itself, in the language of its template.
 *
 * The template's Content-Language decides, else [notice] language, else English. Another language is one more
 * row. */
#ifndef POSTERN_NOTICE_NOTICE_WORDS_H
#define POSTERN_NOTICE_NOTICE_WORDS_H

#include "base/span.h"

struct notice_words {
    const char *tag;           /* RFC 5646: "en" */
    const char *unknown;       /* a value that nobody knows */
    const char *subject;       /* before the virus's name, where the configuration has no text for it */
    const char *archived;      /* before the name of the file in the quarantine */
    const char *destroyed;     /* a whole sentence */
    const char *not_scannable; /* before the reason in parentheses */
    const char *colon;         /* between the reason and the engine's name for it */
    const char *reasons[7];    /* by enum unscannable */
    const char *kinds[2];      /* by enum message_kind */
    const char *directions[2]; /* by enum message_direction */
};

/* By the first part of a language tag ("fr" of "fr-CA"); NULL for one we have no words of. */
const struct notice_words *notice_words_find(struct span language);
const struct notice_words *notice_words_default(void);

#endif
