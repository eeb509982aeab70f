/* pop3_session: the decisions of one POP3 session between a client and a server, and nothing else.
 *
 * Functions below report events to it; it acts by the operations of core/protocol.h and by its hooks. It has
 * no socket, no clock and no byte of a message. pop3_wire splits the bytes of both legs into lines and
 * messages, pop3_delivery writes messages to the client, and pop3_protocol connects these to the shell. Rules
 * for the callers:
 *   - Operations and hooks never call back into the session. Each result is reported as an event after the
 *     call has returned.
 *   - A line of the client is given only while pop3_session_wants_client, a line of the server only while
 *     pop3_session_wants_server and no message is being received.
 *   - After hooks.receive, the server's bytes go through pop3/pop3_text up to the termination octet; then
 *     pop3_session_message_ended is called, which ends this mode.
 *   - After ops->close the session receives no events.
 *
 * Guarantees [P1, P2, P3, P4]: a message is delivered only after a verdict and as the policy for it says, or
 * because the quarantine reports that it is released; a notice only after the original is stored. DELE and
 * QUIT are sent to the server only when every earlier message has had its outcome [S10]. Every command gets
 * exactly one reply, in order [S2], unless the connection is closed.
 *
 * A message that does not end as RFC 1939 requires, but as some clients would accept, counts as complete
 * after a silence of the server (pop3_session_received.bare_end), and as malformed. Data that the server
 * sends later are not taken for a reply to the client, unless they follow the reply to a NOOP of ours [S8].
 *
 * The queue holds each command that was read until it has its reply; the entry in front is the one being
 * answered. The greeting is treated as the reply to a first entry without a command. */
#ifndef POSTERN_POP3_POP3_SESSION_H
#define POSTERN_POP3_POP3_SESSION_H

#include "base/err.h"
#include "conf/conf.h"
#include "pop3/pop3_session_uids.h"
#include "core/protocol.h"
#include "core/verdict.h"
#include "pop3/pop3_command.h"

enum { POP3_SESSION_QUEUE_MAX = 64, POP3_SESSION_USER_SIZE = 128, POP3_SESSION_NUMBERS_MAX = 1000 };

enum pop3_session_receive {
    POP3_SESSION_RECEIVE_MESSAGE, /* into the spool */
    POP3_SESSION_RECEIVE_HEAD,    /* the header, as pop3_head delimits it, into the spool; the rest is dropped
                                     [S6] */
    POP3_SESSION_RECEIVE_NOTHING, /* drop the rest of this message */
};

/* The properties of a message that pop3_wire has received. */
struct pop3_session_received {
    uint64_t octets; /* byte-unstuffed */
    bool bare_dot;   /* it has a bare-LF dot line [S8] */
    bool bare_end;   /* it ended as pop3_lax_end accepts, without CRLF.CRLF, and then the server was silent */
    uint64_t dots_end;      /* octets at the beginning in which a line may begin with a dot */
    bool starts_with_field; /* it begins with a header field, so that one of ours may precede it */
};

/* A number of body lines (TOP) that stands for the whole message. */
#define POP3_SESSION_ALL_LINES UINT32_MAX

/* Actions of pop3_protocol, which has the wire and the delivery. */
struct pop3_session_hooks {
    void (*receive)(void *context, enum pop3_session_receive mode);
    /* Delivers this many octets of the original, or the notice. `lead` has complete header fields to send
     * first, with CRLF; it may be empty. -> pop3_session_delivered */
    void (*deliver)(void *context, enum protocol_source source, uint64_t octets, struct span lead,
                    uint32_t body_lines);
    void *context;
};

/* X(phase): the phase of the entry in front */
#define POP3_SESSION_PHASE_TABLE(X)                                        \
    X(IDLE)      /* the queue is empty */                                  \
    X(REPLY)     /* its status line is expected */                         \
    X(LISTING)   /* the lines of a multi-line response up to "." */        \
    X(SASL)      /* a challenge was passed on; the response is expected */ \
    X(RECEIVING) /* a message is being received */                         \
    X(SCANNING)                                                            \
    X(STORING)                                                             \
    X(DELIVERING)                                                          \
    X(TUNNEL)                                                              \
    X(CLOSED)

enum pop3_session_phase {
#define X(phase) SESSION_##phase,
    POP3_SESSION_PHASE_TABLE(X)
#undef X
};

struct pop3_session_entry {
    uint8_t verb;  /* enum pop3_verb */
    uint8_t shape; /* enum pop3_shape */
    uint8_t state; /* enum pop3_session_entry_state */
    uint8_t err;   /* enum err of a local reply */
    bool is_whole; /* TOP n 0 that is answered from the scanned message, as RETR is */
    uint32_t number, lines;
};

struct pop3_session_numbers {
    uint32_t *at;
    uint32_t n, room;
    bool full; /* there are more than POP3_SESSION_NUMBERS_MAX; the others are not remembered */
};

struct pop3_session_size {
    uint32_t number;
    uint64_t octets;
};

/* The sizes of large messages, from LIST, at most POP3_SESSION_NUMBERS_MAX. The size of another message
 * becomes known when it is received. */
struct pop3_session_sizes {
    struct pop3_session_size *at;
    uint32_t n, room;
};

/* Embedded in struct pop3. Only the files of pop3_session write the fields. */
struct pop3_session {
    const struct protocol_ops *ops;
    void *shell;
    struct pop3_session_hooks hooks;
    struct held_message *message; /* the message being handled; NULL: none */
    const struct conf *conf;
    enum pop3_session_phase phase;
    uint8_t first, count; /* ring */
    uint8_t messages;     /* number of entries of shape MESSAGE without an outcome */
    bool held;            /* the last entry is sent only when all messages have an outcome */
    bool logged_in;       /* a login has succeeded; the user name is final */
    bool user_unknown;    /* the user name could not be determined */
    bool greeted, quitting, client_ended, stopping;
    bool in_banner; /* since the greeting, which some servers write in several lines, no reply has arrived */
    uint8_t strays; /* number of server lines that were dropped */
    /* After a message with a bare_end, more of it might arrive in place of a reply. So a NOOP is sent first,
     * `resyncing` until its reply has arrived, and stray lines are no longer tolerated. `lost`: replies are
     * outstanding that cannot be distinguished from the message; the session ends with it. */
    bool was_bare_end, resyncing, lost;
    /* The server has ended a message with CRLF.CRLF. Before that, and again after a bare end, nothing is sent
     * to it after a command for a message, because the reply could not be distinguished from the message. */
    bool ends_well;
    bool answered;       /* +OK was sent early for the message in front [K1] */
    bool keepalive_owed; /* the reply to a NOOP of ours is outstanding [K2] */
    uint8_t mechanism_n, sasl_step;
    enum err fault; /* of the message being received */
    uint32_t listing_lines;
    struct verdict *verdict; /* of the message being handled */
    struct pop3_session_received received;
    enum protocol_fate fate;
    /* Messages of which the last RETR failed: DELE of these is refused; when there are too many, of all
     * messages [S10]. */
    struct pop3_session_numbers undelivered;
    /* Messages of which the last RETR did not give the original: TOP n 0 gives the header of what it gave. */
    struct pop3_session_numbers altered;
    /* Messages of which TOP n 0 has given the original header. */
    struct pop3_session_numbers headed;
    struct pop3_session_sizes sizes;
    struct pop3_session_uids uids;
    char mechanism[24];
    char user[POP3_SESSION_USER_SIZE]; /* empty: unknown */
    struct pop3_session_entry queue[POP3_SESSION_QUEUE_MAX];
};

/* The session waits for the connection to the server and for its greeting from here on. */
void pop3_session_init(struct pop3_session *session, const struct protocol_ops *ops, void *shell,
                       const struct conf *conf, struct pop3_session_hooks hooks);
void pop3_session_fini(struct pop3_session *session);

/* Lines are given without their CRLF. */
void pop3_session_client_line(struct pop3_session *session, struct span line);
void pop3_session_client_overlong(
    struct pop3_session *session);                            /* a line over POP3_SASL_LINE_MAX was dropped */
void pop3_session_client_ended(struct pop3_session *session); /* end of file; replies may still be read */
void pop3_session_client_gone(struct pop3_session *session);  /* reset */
void pop3_session_server_line(struct pop3_session *session, struct span line);
void pop3_session_server_overlong(struct pop3_session *session);
/* The server is unreachable, or the connection was reset or closed. */
void pop3_session_server_failed(struct pop3_session *session, enum err why);
/* The message cannot be held: ERR_SPOOL_FAILED, ERR_MESSAGE_TOO_LARGE. Its rest is then dropped. */
void pop3_session_message_fault(struct pop3_session *session, enum err why);
void pop3_session_message_ended(struct pop3_session *session, const struct pop3_session_received *received);
void pop3_session_verdict(struct pop3_session *session, const struct verdict *verdict);
void pop3_session_stored(struct pop3_session *session, uint64_t notice_octets);
void pop3_session_released(struct pop3_session *session); /* not stored: the message may be delivered */
void pop3_session_store_failed(struct pop3_session *session);
void pop3_session_delivered(struct pop3_session *session);
/* For pop3_delivery_init, to be called in hooks.deliver. */
uint64_t pop3_session_dots_end(const struct pop3_session *session, enum protocol_source source,
                               struct span lead);
void pop3_session_timed_out(struct pop3_session *session);
/* The client has waited `seconds` for the message in front, and has received no byte for too long [K1].
 * starts_with_field: the part received so far begins with a header field. */
void pop3_session_waited(struct pop3_session *session, uint64_t seconds, bool starts_with_field);
bool pop3_session_may_wait(const struct pop3_session *session);
/* The server's leg has been idle because of us: sends NOOP, if no reply is outstanding [K2]. */
void pop3_session_keep_alive(struct pop3_session *session);
bool pop3_session_may_keep_alive(const struct pop3_session *session);
/* The service stops: outstanding commands are answered, then the session closes. */
void pop3_session_stop(struct pop3_session *session);

bool pop3_session_wants_client(const struct pop3_session *session);
bool pop3_session_wants_server(const struct pop3_session *session);
/* Is the end of the server's leg to be reported now? Not while a message that was received completely is
 * being scanned or delivered. */
bool pop3_session_wants_server_end(const struct pop3_session *session);

enum protocol_wait pop3_session_waits(const struct pop3_session *session);
const char *pop3_session_user(const struct pop3_session *session);

#endif
