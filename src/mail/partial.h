/* partial: detects a message/partial fragment, which a mail reader joins with others (RFC 2046 5.2.2).
 *
 * Engines scan each fragment alone and report it as clean: the content exists only after the mail reader has
 * joined them. All Content-Type fields of the message's header are checked, because mail readers differ in
 * which of two they use.
 *
 * Most mail need not be parsed for this: partial_word searches the bytes for half of the type's name,
 * ignoring white space, and does not parse mail. It finds the word in every message that `partial` detects.
 */
#ifndef POSTERN_MAIL_PARTIAL_H
#define POSTERN_MAIL_PARTIAL_H

#include "mail/mail_header.h"

enum { PARTIAL_CHECK_MAX = 1024 * 1024 }; /* octets of a message that partial_word and partial are given */

struct partial_word {
    size_t matched; /* letters */
};

/* Examines the next bytes. True: they, or earlier ones, contain the word. */
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
