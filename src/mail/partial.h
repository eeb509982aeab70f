/* partial: is a message one of several that a mail reader puts together again (RFC 2046 5.2.2)?
 *
 * What is in the pieces shows only when they are joined, after each has been scanned alone; every engine says
 * clean to each of them. The message's own header is read, every Content-Type of it, for readers differ in
 * which of two they believe.
 *
 * Most mail need not be read for that: partial_word looks for half of the type's name anywhere in the bytes,
 * white space left out, and knows nothing of mail. What partial finds, partial_word has met too. */
#ifndef POSTERN_MAIL_PARTIAL_H
#define POSTERN_MAIL_PARTIAL_H

#include "mail/mail_header.h"

enum { PARTIAL_CHECK_MAX = 1024 * 1024 }; /* octets of a message that are worth looking at, for both */

struct partial_word {
    size_t matched; /* letters of it; 0 before the first */
};

/* The next bytes; true: it was met, in these or before. */
bool partial_word_next(struct partial_word *word, struct span bytes);

struct partial {
    struct mail_header header;
    bool is_ended; /* no need for more bytes */
    bool is_found;
};

void partial_init(struct partial *partial);
void partial_next(struct partial *partial, struct span bytes);
/* There are no more bytes. */
bool partial_end(struct partial *partial);

#endif
