/* pop3_wire: converts the bytes of both legs to the lines and messages of the session.
 *
 * The caller gives all bytes that were read and are not consumed yet. pop3_wire consumes the bytes that the
 * session wants at the moment and returns their number. The caller gives the rest again when more has
 * arrived, or when the session has changed its state. Pure, so that tests can replay sessions whole, byte by
 * byte, and split at random.
 *
 * Lines end with LF. A CR before the LF is not part of the line. A line that exceeds its limit is reported
 * once as overlong, and dropped up to its end. */
#ifndef POSTERN_POP3_POP3_WIRE_H
#define POSTERN_POP3_POP3_WIRE_H

#include "pop3/pop3_session.h"
#include "pop3/pop3_lax_end.h"
#include "pop3/pop3_text.h"

struct pop3_wire {
    struct pop3_session *session;
    enum pop3_session_receive mode;
    bool client_dropping, server_dropping; /* the rest of an overlong line is being dropped */
    size_t client_dropped;                 /* octets of the rest of the client's overlong line so far */
    uint64_t discarded;                    /* octets of the message that were not kept */
    struct pop3_unstuff unstuff;
    struct pop3_head head;
    struct pop3_lax_end lax_end;
    uint64_t octets;
    char start[POP3_FIELD_NAME_MAX]; /* first bytes of the message */
};

void pop3_wire_init(struct pop3_wire *wire, struct pop3_session *session);
/* For the session's hooks.receive. */
void pop3_wire_receive(struct pop3_wire *wire, enum pop3_session_receive mode);

size_t pop3_wire_client_bytes(struct pop3_wire *wire, struct span in);
size_t pop3_wire_server_bytes(struct pop3_wire *wire, struct span in);
/* Calls pop3_session_waited, and passes it whether the message begins with a header field. */
void pop3_wire_waited(struct pop3_wire *wire, uint64_t seconds);
/* Returns whether a message is being received whose bytes so far end as pop3_lax_end accepts. */
bool pop3_wire_may_be_over(const struct pop3_wire *wire);
/* The server has been silent, so the message counts as complete. To be called only if pop3_wire_may_be_over
 * returns true. */
void pop3_wire_silence(struct pop3_wire *wire);
/* A leg has ended; `rest` is not consumed yet. Reports the end to the session and returns true. False: the
 * rest has a complete line, or the session is not ready for the end of the server's leg. Then call the
 * function again later. */
bool pop3_wire_client_end(struct pop3_wire *wire, struct span rest);
bool pop3_wire_server_end(struct pop3_wire *wire, struct span rest, enum err why);

#endif
