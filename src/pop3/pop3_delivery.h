/* pop3_delivery: a message, or a notice, as it goes to the client: our lead, as much as TOP asked for, dots,
 * and the end.
 *
 * The caller gives content in pieces of any size and gets back the bytes of the wire in runs, most of them
 * borrowed from what it gave. A delivery that is not ended sends no final ".": nobody takes half a message
 * for a whole one. */
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

/* body_lines: POP3_SESSION_ALL_LINES, or where TOP cuts. dots_end: of all that will be given as content, as
 * pop3_session_dots_end tells it. */
void pop3_delivery_init(struct pop3_delivery *delivery, uint32_t body_lines, uint64_t dots_end,
                        void (*emit)(void *, struct span), void *context);
/* False: what TOP asked for is complete, and no more content is needed. */
bool pop3_delivery_content(struct pop3_delivery *delivery, struct span content);
void pop3_delivery_end(struct pop3_delivery *delivery);

#endif
