/* pop3_delivery: writes a message, or a notice, to the client: header fields of ours, as many lines as TOP
 * requests, byte-stuffing, and the termination octet.
 *
 * The caller gives content in pieces of any size; the bytes for the wire are emitted in runs, most of which
 * borrow from these pieces. A delivery that is not ended sends no final ".", so that no client takes a part
 * for the whole. */
#ifndef POSTERN_POP3_POP3_DELIVERY_H
#define POSTERN_POP3_POP3_DELIVERY_H

#include "pop3/pop3_text.h"

struct pop3_delivery {
    void (*emit)(void *context, struct span bytes);
    void *context;
    bool cuts;
    struct pop3_top top;
    struct pop3_stuff stuff;
};

/* body_lines: the number of TOP, or POP3_SESSION_ALL_LINES. dots_end: from pop3_session_dots_end, for all
 * content of this delivery. */
void pop3_delivery_init(struct pop3_delivery *delivery, uint32_t body_lines, uint64_t dots_end,
                        void (*emit)(void *, struct span), void *context);
/* False: all lines that TOP requests are written; no more content is needed. */
bool pop3_delivery_content(struct pop3_delivery *delivery, struct span content);
void pop3_delivery_end(struct pop3_delivery *delivery);

#endif
