/* pop3_delivery: writes a message or a notice to the client. It cuts the message after the lines that TOP
 * requests, byte-stuffs it, and ends it with the termination octet.
 *
 * The caller gives the content in pieces of any size. The bytes for the wire are emitted in runs; most of
 * them borrow from these pieces. If pop3_delivery_end is not called, no final "." is sent, so that no client
 * takes a part for the whole. */
#ifndef POSTERN_POP3_POP3_DELIVERY_H
#define POSTERN_POP3_POP3_DELIVERY_H

#include "pop3/pop3_text.h"

struct pop3_delivery {
    void (*emit)(void *context, struct span bytes);
    void *context;
    bool is_cut; /* `top` is used */
    struct pop3_top top;
    struct pop3_stuff stuff;
};

/* body_lines: the number of lines that TOP requests, or POP3_SESSION_ALL_LINES. dots_end: the value of
 * pop3_session_dots_end. */
void pop3_delivery_init(struct pop3_delivery *delivery, uint32_t body_lines, uint64_t dots_end,
                        void (*emit)(void *, struct span), void *context);
/* Returns whether more content is needed: false after the last line that TOP requests. */
bool pop3_delivery_content(struct pop3_delivery *delivery, struct span content);
void pop3_delivery_end(struct pop3_delivery *delivery);

#endif
