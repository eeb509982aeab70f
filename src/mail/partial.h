/* partial: detects a message/partial fragment, which a mail reader joins with others (RFC 2046 5.2.2).
 *
 * The content of the fragments exists only after they are joined, when each has been scanned alone; every
 * engine reports each of them as clean. All Content-Type fields of the message's own header are checked,
 * because readers differ about which of two counts.
 *
 * Most mail need not be parsed for this: partial_word searches the bytes for half of the type's name,
 * ignoring white space, and knows nothing of mail. Whatever partial finds, partial_word has found too. */
#ifndef POSTERN_MAIL_PARTIAL_H
#define POSTERN_MAIL_PARTIAL_H

#include "mail/mail_header.h"

enum { PARTIAL_CHECK_MAX = 1024 * 1024 }; /* octets of a message that are examined, for both */

struct partial_word {
    size_t matched; /* letters matched; 0 before the first */
};

/* Examines the next bytes; true: the word was found, in these or before. */
bool partial_word_next(struct partial_word *word, struct span bytes);

struct partial {
    struct mail_header header;
    bool is_ended; /* no more bytes are needed */
    bool is_found;
};

void partial_init(struct partial *partial);
void partial_next(struct partial *partial, struct span bytes);
/* Ends the input. */
bool partial_end(struct partial *partial);

#endif
