/* partial: detects a message/partial fragment, which a mail reader joins with others (RFC 2046 5.2.2).
 *
 * Engines scan each fragment alone and report it as clean, because the content exists only after the mail
 * reader has joined the fragments. All Content-Type fields of the message's header are checked: if there are
 * two, mail readers differ in which one they use.
 *
 * Most mail need not be parsed. partial_word only searches the bytes for "/partial", ignoring white space. It
 * finds this word in every message that `partial` detects. */
#ifndef POSTERN_MAIL_PARTIAL_H
#define POSTERN_MAIL_PARTIAL_H

#include "mail/mail_header.h"

enum { PARTIAL_CHECK_MAX = 1024 * 1024 }; /* callers pass only this many octets of a message */

struct partial_word {
    size_t matched; /* the input so far ends with this many letters of the word */
};

/* Examines the next bytes. True: the bytes so far contain the word. */
bool partial_word_next(struct partial_word *word, struct span bytes);

struct partial {
    struct mail_header header;
    bool is_ended; /* no more bytes are needed */
    bool is_found;
};

void partial_init(struct partial *partial);
void partial_next(struct partial *partial, struct span bytes);
/* Ends the input. Returns whether the message is a fragment. */
bool partial_end(struct partial *partial);

#endif
