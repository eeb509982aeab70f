/* pop3_wire: between the bytes of the two legs and the session's lines and messages.
 *
 * Pure, so that what a relay does with bytes can be replayed whole, byte by byte, and in random cuts. The
 * shell gives what it has read and not yet given; wire takes what the session wants now and tells how much it
 * took. The rest stays the shell's and is given again, with more behind it or when the session went on.
 *
 * Lines end with LF, the CR before it is not part of them. A line that is longer than its limit without an
 * end is dropped up to its end and told as overlong once. */
#ifndef POSTERN_POP3_POP3_WIRE_H
#define POSTERN_POP3_POP3_WIRE_H

#include "pop3/pop3_session.h"
#include "pop3/pop3_lax_end.h"
#include "pop3/pop3_text.h"

struct pop3_wire {
    struct pop3_session *session;
    enum pop3_session_receive mode;
    bool client_dropping, server_dropping; /* the rest of an overlong line */
    struct pop3_unstuff unstuff;
    struct pop3_head head;
    struct pop3_lax_end lax_end;
    uint64_t octets;
    char start[POP3_FIELD_NAME_MAX]; /* of the message */
};

void pop3_wire_init(struct pop3_wire *wire, struct pop3_session *session);
/* The session's hooks.receive. */
void pop3_wire_receive(struct pop3_wire *wire, enum pop3_session_receive mode);

size_t pop3_wire_client_bytes(struct pop3_wire *wire, struct span in);
size_t pop3_wire_server_bytes(struct pop3_wire *wire, struct span in);
/* The client has waited: pop3_session_waited, with what is known of the message's first line. */
void pop3_wire_waited(struct pop3_wire *wire, uint64_t seconds);
/* A message is being received and might be over: it ends as one does for a reader that takes a bare LF for
 * the end of a line, and nothing more has come. */
bool pop3_wire_may_be_over(const struct pop3_wire *wire);
/* The server has been silent since: the message is over. Only while pop3_wire_may_be_over. */
void pop3_wire_silence(struct pop3_wire *wire);
/* A leg is at its end and `rest` is what was read of it and not taken. True: the session was told, for
 * nothing in the rest can ever be taken; false: tell again when more of it was taken. */
bool pop3_wire_client_end(struct pop3_wire *wire, struct span rest);
bool pop3_wire_server_end(struct pop3_wire *wire, struct span rest, enum err why);

#endif
