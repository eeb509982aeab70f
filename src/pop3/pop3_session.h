/* pop3_session: makes the decisions of one POP3 session between a client and a server.
 *
 * The functions below report events to the session. The session acts by the operations of core/protocol.h and
 * by its hooks. It has no socket, no clock and no byte of a message. pop3_wire splits the bytes of both legs
 * into lines and messages, pop3_delivery writes messages to the client, and pop3_protocol connects these
 * modules to the shell. Rules for the callers:
 *   - Operations and hooks never report events to the session. Each result is reported as an event after the
 *     call has returned.
 *   - A line of the client is given only while pop3_session_wants_client returns true. A line of the server
 *     is given only while pop3_session_wants_server returns true and no message is being received.
 *   - After hooks.receive, the server's bytes belong to a message. At its end, pop3_session_message_ended is
 *     called. Lines of the server may follow then.
 *   - After ops->close the session receives no events.
 *
 * Guarantees [P1, P2, P3, P4]: a message is delivered only if the policy for its verdict allows it, or if the
 * quarantine reports that it is released. The only exception is the header for TOP n 0, which may be
 * delivered without a scan. A notice is delivered only after the keeper has stored the original. With action
 * delete, no original is stored; the notice is delivered even if the keeper could not write the record of the
 * message. DELE and QUIT are sent to the server only when every earlier message has an outcome [S10]. Every
 * command gets exactly one reply, in order [S2], unless the connection is closed.
 *
 * Some messages do not end as RFC 1939 requires, but in a way that pop3_lax_end accepts. When the server has
 * then sent nothing for a second, the message counts as complete, and as malformed. The session sends a NOOP.
 * Only what the server sends after its reply to the NOOP counts as a reply to the client's commands [S8]. If
 * replies to other commands are outstanding, no NOOP is sent, and the session ends after the message
 * (sync_lost).
 *
 * STLS. With [tls] mode = intercept, the shell becomes the TLS endpoint of both legs, unless it passes the
 * connection unread. STLS is sent to the server first. If the connection is to be intercepted, the client
 * gets +OK only after the handshake with the server. Between STLS and the start of TLS, the client may send
 * nothing. Between its +OK and the start of TLS, the server may send nothing. With [tls] require, a login
 * without TLS is refused if the server offers STLS. To learn whether the server offers STLS, the session
 * sends a CAPA of its own after the greeting.
 *
 * The queue holds each command from its arrival until its reply has been sent. The entry in front is being
 * answered. pop3_session_init adds an entry without a command. The greeting is treated as its reply. */
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
    POP3_SESSION_RECEIVE_HEAD, /* the header, as pop3_head delimits it, into the spool; the rest is not kept
                                  [S6] */
    POP3_SESSION_RECEIVE_NOTHING, /* the rest of this message is dropped */
};

/* The properties of a message that pop3_wire has received. */
struct pop3_session_received {
    uint64_t octets;        /* byte-unstuffed */
    bool bare_dot;          /* the message contains a bare-LF dot line [S8] */
    bool bare_end;          /* the message ended as pop3_lax_end accepts, and then the server was silent */
    uint64_t dots_end;      /* no line after this many octets begins with a dot */
    bool starts_with_field; /* the message begins with a header field, so that one of ours may precede it */
};

/* A value for body_lines: the whole message. */
#define POP3_SESSION_ALL_LINES UINT32_MAX

/* Functions of pop3_protocol, which owns the pop3_wire and the pop3_delivery of the session. */
struct pop3_session_hooks {
    void (*receive)(void *context, enum pop3_session_receive mode);
    /* Delivers `lead`, then this many octets of the original or of the notice. `lead` has complete header
     * fields with CRLF, or nothing. When all is delivered, pop3_session_delivered is called. */
    void (*deliver)(void *context, enum protocol_source source, uint64_t octets, struct span lead,
                    uint32_t body_lines);
    void *context;
};

/* X(phase). Those from REPLY to DELIVERING are phases of the entry in front. */
#define POP3_SESSION_PHASE_TABLE(X)                                                      \
    X(IDLE)      /* no command of the client is outstanding at the server */             \
    X(REPLY)     /* a status line is expected */                                         \
    X(LISTING)   /* the lines of a multi-line response are expected */                   \
    X(SASL)      /* a challenge was passed on; the response is expected */               \
    X(RECEIVING) /* a message is being received */                                       \
    X(SCANNING)                                                                          \
    X(STORING)                                                                           \
    X(DELIVERING)                                                                        \
    X(TLS_SERVER)   /* after STLS: the shell shakes hands with the server */             \
    X(TLS_CLIENT)   /* after +OK to STLS: the shell shakes hands with the client */      \
    X(TLS_GREETING) /* as one of these; a new connection's greeting is expected first */ \
    X(TLS_REPLY)    /* as one of these; a new connection's reply to STLS is expected */  \
    X(TUNNEL)                                                                            \
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
    bool is_whole; /* RETR, or a TOP that is answered from the whole scanned message: the server gets RETR */
    uint32_t number, lines;
};

/* A set of message numbers. */
struct pop3_session_numbers {
    uint32_t *at;
    uint32_t n, capacity;
    bool is_overfull; /* too many numbers were added, so some are missing in the set */
};

struct pop3_session_size {
    uint32_t number;
    uint64_t octets;
};

/* The sizes of at most POP3_SESSION_NUMBERS_MAX large messages, from the replies to LIST. */
struct pop3_session_sizes {
    struct pop3_session_size *at;
    uint32_t n, capacity;
};

/* Only the files of pop3_session write the fields. */
struct pop3_session {
    const struct protocol_ops *ops;
    void *shell;
    struct pop3_session_hooks hooks;
    struct held_message *message; /* the message being handled; NULL: none */
    const struct conf *conf;
    enum pop3_session_phase phase;
    uint8_t first, count; /* position of the front entry, and number of entries, in the ring `queue` */
    uint8_t messages;     /* number of entries of shape MESSAGE without an outcome */
    bool held;            /* the last entry is ENTRY_HELD; it is sent when all messages have an outcome */
    bool logged_in;       /* a login has succeeded; the user name is final */
    bool user_unknown;    /* the user name could not be determined */
    bool is_tls;          /* the client's bytes come through TLS, and the shell has decrypted them */
    bool owes_stls;       /* in the phases of TLS: the client has no reply to STLS yet */
    bool has_reconnected; /* the client has not seen the greeting of the server's connection */
    bool offers_stls;     /* the server has listed STLS in the reply to our own CAPA */
    uint8_t own_capa;     /* enum pop3_session_capa */
    bool greeted;         /* the first status line has arrived */
    bool quitting;        /* QUIT was read; false again if the server has refused QUIT */
    bool client_ended;    /* the client sends no more */
    bool stopping;        /* pop3_session_stop was called */
    bool in_banner;       /* true from the first line of the greeting, which may have several lines, until the
                             first reply */
    uint8_t strays;       /* number of stray lines of the server that were dropped */
    bool was_bare_end;    /* an earlier message had a bare_end; stray lines are no longer tolerated */
    bool resyncing;       /* the reply to the NOOP that was sent after a bare_end is outstanding */
    /* When a message had a bare_end, other replies were outstanding. They cannot be distinguished from the
     * rest of the message, so the session ends after that message. */
    bool sync_lost;
    /* The last message ended with CRLF.CRLF. If false (also before the first message), no command is read
     * while a message is outstanding, because the command's reply could not be distinguished from the
     * message. */
    bool ends_well;
    bool ok_sent;           /* +OK was sent early for the message in front [K1] */
    bool noop_outstanding;  /* the reply to a NOOP of ours is outstanding [K2, S8] */
    uint8_t sasl_step;      /* number of the client's next response; the first is 0 */
    enum err fault;         /* why the message being received cannot be held; ERR_NONE: it can */
    uint32_t listing_lines; /* number of lines of the current multi-line response so far, and their octets */
    uint32_t listing_octets;
    uint8_t invalid_commands; /* number of invalid commands since the last valid one */
    struct verdict *verdict;  /* of the message being handled */
    struct pop3_session_received received;
    enum protocol_fate fate; /* of the message being delivered */
    /* Messages whose last RETR or TOP n m failed temporarily. DELE is refused for these, and for all messages
     * if the set is overfull [S10]. */
    struct pop3_session_numbers undelivered;
    /* Messages whose last delivery to the client was a notice, or had a header field of ours. TOP n 0 returns
     * the header of that form. */
    struct pop3_session_numbers altered;
    /* Messages of which the client has received the original header by TOP n 0. */
    struct pop3_session_numbers header_sent;
    struct pop3_session_sizes sizes;
    struct pop3_session_uids uids;
    char mechanism[24];
    char user[POP3_SESSION_USER_SIZE]; /* empty: unknown */
    struct pop3_session_entry queue[POP3_SESSION_QUEUE_MAX];
};

/* Afterwards the session waits for the server's greeting. */
void pop3_session_init(struct pop3_session *session, const struct protocol_ops *ops, void *shell,
                       const struct conf *conf, struct pop3_session_hooks hooks);
void pop3_session_fini(struct pop3_session *session);

/* Lines are given without their CRLF. */
void pop3_session_client_line(struct pop3_session *session, struct span line);
/* A line is longer than POP3_SASL_LINE_MAX, and is being dropped. */
void pop3_session_client_overlong(struct pop3_session *session);
/* More than POP3_DROPPED_MAX octets of such a line were dropped. */
void pop3_session_client_endless(struct pop3_session *session);
void pop3_session_client_ended(struct pop3_session *session); /* end of file */
void pop3_session_client_gone(struct pop3_session *session);  /* reset */
void pop3_session_server_line(struct pop3_session *session, struct span line);
void pop3_session_server_overlong(struct pop3_session *session);
/* The session cannot go on. Usually the server is the cause: it is unreachable, its connection was lost or
 * has ended, or a reply is late or invalid. */
void pop3_session_server_failed(struct pop3_session *session, enum err why);
/* The message cannot be held: ERR_SPOOL_FAILED, ERR_PROCESS_LIMIT or ERR_MESSAGE_TOO_LARGE. The rest of it is
 * then dropped. If +OK was sent early, the session closes instead. */
void pop3_session_message_fault(struct pop3_session *session, enum err why);
void pop3_session_message_ended(struct pop3_session *session, const struct pop3_session_received *received);
void pop3_session_verdict(struct pop3_session *session, const struct verdict *verdict);
void pop3_session_stored(struct pop3_session *session, uint64_t notice_octets);
void pop3_session_tls_started(struct pop3_session *session, enum leg leg);
/* In the phase TLS_CLIENT: there is a new connection to the server. */
void pop3_session_reconnected(struct pop3_session *session);
void pop3_session_released(struct pop3_session *session); /* not stored, because the message is released */
void pop3_session_store_failed(struct pop3_session *session);
void pop3_session_delivered(struct pop3_session *session);
/* Called by hooks.deliver. Returns the argument dots_end of pop3_delivery_init. */
uint64_t pop3_session_dots_end(const struct pop3_session *session, enum protocol_source source,
                               struct span lead);
/* The event that pop3_session_awaited returns has not occurred in time. */
void pop3_session_timed_out(struct pop3_session *session);
/* The session must end for this reason. */
void pop3_session_expired(struct pop3_session *session, enum err why);
/* The client has waited `seconds` for the message in front, and has received no byte for too long. The first
 * call sends +OK. A later call sends a line X-Postern-Wait [K1], but only if the part of the message that has
 * arrived begins with a header field (starts_with_field). */
void pop3_session_waited(struct pop3_session *session, uint64_t seconds, bool starts_with_field);
/* Returns whether pop3_session_waited may send something now. */
bool pop3_session_may_send_interim(const struct pop3_session *session);
/* The server's leg has been idle because of us. Sends NOOP if pop3_session_may_keep_alive [K2]. */
void pop3_session_keep_alive(struct pop3_session *session);
bool pop3_session_may_keep_alive(const struct pop3_session *session);
/* Forgets the unique-ids and the sizes of messages, which are only hints, so that an idle session needs
 * little memory. May be called if pop3_session_may_shrink. */
void pop3_session_shrink(struct pop3_session *session);
bool pop3_session_may_shrink(const struct pop3_session *session);
/* The service is stopping: outstanding commands are answered, then the session closes. */
void pop3_session_stop(struct pop3_session *session);

bool pop3_session_wants_client(const struct pop3_session *session);
bool pop3_session_wants_server(const struct pop3_session *session);
/* Returns whether to report the end of the server's leg now. False while a message that was received
 * completely is being scanned, stored or delivered, during a TLS handshake, in a tunnel, and after the
 * close. */
bool pop3_session_wants_server_end(const struct pop3_session *session);

/* Returns the event that the session waits for. */
enum protocol_awaited pop3_session_awaited(const struct pop3_session *session);
const char *pop3_session_user(const struct pop3_session *session);

#endif
