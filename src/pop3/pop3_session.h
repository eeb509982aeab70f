/* pop3_session: the decisions of one POP3 session between a client and a server, and nothing but decisions.
 *
 * Events go in by the functions below, commands come out by struct pop3_session_ops. The core owns no socket,
 * no clock and no byte of a message: the shell (proc/relay/relay) splits lines, moves messages between
 * server, spool and client, and asks scan and keeper; so a whole session replays in a test in microseconds.
 * Contract of the shell:
 *   - ops never call back into the session; what happens at once is told as an event after the op returned.
 *   - a line of the client is given only while pop3_session_wants_client, a line of the server only while
 * pop3_session_wants_server and no message is being received; what is not wanted stays unread, so that TCP
 * holds the peer back.
 *   - after ops->receive, bytes of the server go through pop3/pop3_text until the final dot, then
 * pop3_session_message_ended. That mode ends with it.
 *   - after ops->close nothing more is given.
 *
 * What it promises [P1, P2, P3, P4]: a message goes to the client only after a verdict and by the policy for
 * it, or because the quarantine says that it was released; a notice only after the original is stored; DELE
 * and QUIT reach the server only when every earlier message has had its outcome [S10]; every command gets
 * exactly one reply, in order [S2], unless the connection is cut.
 *
 * A message that does not end as RFC 1939 says, but as some clients would take it, counts as over after a
 * silence of the server's (session_received.bare_end), and as malformed. Nothing that the server sends later
 * is taken for a reply to the client, unless it comes after the reply to a NOOP of ours [S8].
 *
 * The queue: each command that was read waits there for its reply; the entry in front is the one being
 * answered. The greeting is the reply to a command that nobody sent. */
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
    POP3_SESSION_RECEIVE_HEAD,    /* the spool takes what pop3_head lets through, the rest is dropped [S6] */
    POP3_SESSION_RECEIVE_NOTHING, /* drop what is still to come of this message */
};

/* What the shell saw while a message was received. */
struct pop3_session_received {
    uint64_t octets;        /* unstuffed */
    bool bare_dot;          /* the trap of [S8] */
    bool bare_end;          /* no CRLF.CRLF has come, but the end of pop3/pop3_lax_end, and then nothing */
    uint64_t dots_end;      /* octets in which a line may begin with a dot */
    bool starts_with_field; /* a header line of ours may go before it */
};

/* Header and so many lines of the body (TOP), or everything. */
#define POP3_SESSION_ALL_LINES UINT32_MAX

/* What the session asks of pop3_protocol, which has the wire and the delivery. */
struct pop3_session_hooks {
    void (*receive)(void *context, enum pop3_session_receive mode);
    /* `lead`: header fields to put before the content, whole and with CRLF; may be empty. Octets of the
     * original, or of the notice. -> pop3_session_delivered */
    void (*deliver)(void *context, enum protocol_source source, uint64_t octets, struct span lead,
                    uint32_t body_lines);
    void *context;
};

/* X(phase): of the entry in front. */
#define POP3_SESSION_PHASE_TABLE(X)                                                 \
    X(IDLE)      /* the queue is empty */                                           \
    X(REPLY)     /* its status line is expected */                                  \
    X(LISTING)   /* lines up to "." */                                              \
    X(SASL)      /* a challenge was passed on; the client's response is expected */ \
    X(RECEIVING) /* a message comes in */                                           \
    X(SCANNING)                                                                     \
    X(STORING)                                                                      \
    X(DELIVERING)                                                                   \
    X(TUNNEL)                                                                       \
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
    uint8_t err;   /* enum err of a local answer */
    bool is_whole; /* TOP n 0 that is answered from the message, as RETR is */
    uint32_t number, lines;
};

struct pop3_session_numbers {
    uint32_t *at;
    uint32_t n, room;
    bool full; /* there are more than POP3_SESSION_NUMBERS_MAX: the rest is not remembered */
};

struct pop3_session_size {
    uint32_t number;
    uint64_t octets;
};

/* What LIST said of large messages. Of POP3_SESSION_NUMBERS_MAX at most; what is not remembered is found out
 * as it comes. */
struct pop3_session_sizes {
    struct pop3_session_size *at;
    uint32_t n, room;
};

/* Embedded in the shell's own; its fields are the core's. */
struct pop3_session {
    const struct protocol_ops *ops;
    void *shell;
    struct pop3_session_hooks hooks;
    struct held_message *message; /* in hand; NULL: none */
    const struct conf *conf;
    enum pop3_session_phase phase;
    uint8_t first, count; /* ring */
    uint8_t messages;     /* entries of shape MESSAGE without an outcome */
    bool held;            /* the last entry waits for messages before it may be sent */
    bool logged_in;       /* the server let somebody in: the name is settled */
    bool user_unknown;    /* who that is cannot be told */
    bool greeted, quitting, client_ended, stopping;
    bool in_banner; /* nothing was answered after the greeting yet, which some servers write in several lines
                     */
    uint8_t strays; /* lines of the server that were dropped */
    /* After a message with a bare_end, more of it might come in place of a reply. So the server is asked for
     * one first, `resyncing`, and says nothing unsolicited any more; `lost`: replies are outstanding that
     * cannot be told from the message, and the session ends with it. */
    bool was_bare_end, resyncing, lost;
    /* The server has ended a message with CRLF.CRLF. Before it has, and again after a bare end, nothing is
     * sent to it behind the command for a message: its reply could not be told from the message. */
    bool ends_well;
    bool answered;       /* the message in front has had its +OK, early [K1] */
    bool keepalive_owed; /* the server owes the reply to a NOOP of ours [K2] */
    uint8_t mechanism_n, sasl_step;
    enum err fault; /* of the message being received */
    uint32_t listing_lines;
    struct verdict *verdict; /* of the message at hand */
    struct pop3_session_received received;
    enum protocol_fate fate;
    /* Last RETR failed: DELE is not passed, of no message once there are too many [S10]. */
    struct pop3_session_numbers undelivered;
    /* What RETR gave of them last was not the original: TOP n 0 gives the header of that. */
    struct pop3_session_numbers altered;
    /* Their original header went to the client by TOP n 0. */
    struct pop3_session_numbers headed;
    struct pop3_session_sizes sizes;
    struct pop3_session_uids uids;
    char mechanism[24];
    char user[POP3_SESSION_USER_SIZE]; /* empty: unknown, or in doubt */
    struct pop3_session_entry queue[POP3_SESSION_QUEUE_MAX];
};

/* The server's greeting is awaited from here on, the connection to it included. */
void pop3_session_init(struct pop3_session *session, const struct protocol_ops *ops, void *shell,
                       const struct conf *conf, struct pop3_session_hooks hooks);
void pop3_session_fini(struct pop3_session *session);

/* Lines come without their CRLF. */
void pop3_session_client_line(struct pop3_session *session, struct span line);
void pop3_session_client_overlong(
    struct pop3_session *session); /* a line over POP3_SASL_LINE_MAX; the shell dropped it */
void pop3_session_client_ended(struct pop3_session *session); /* end of file: answers may still be taken */
void pop3_session_client_gone(struct pop3_session *session);  /* reset: nobody is there */
void pop3_session_server_line(struct pop3_session *session, struct span line);
void pop3_session_server_overlong(struct pop3_session *session);
/* Unreachable, reset, end of file. */
void pop3_session_server_failed(struct pop3_session *session, enum err why);
/* The message cannot be kept: ERR_SPOOL_FAILED, ERR_MESSAGE_TOO_LARGE. Its rest is then dropped. */
void pop3_session_message_fault(struct pop3_session *session, enum err why);
void pop3_session_message_ended(struct pop3_session *session, const struct pop3_session_received *received);
void pop3_session_verdict(struct pop3_session *session, const struct verdict *verdict);
void pop3_session_stored(struct pop3_session *session, uint64_t notice_octets);
void pop3_session_released(struct pop3_session *session); /* not stored: it may pass */
void pop3_session_store_failed(struct pop3_session *session);
void pop3_session_delivered(struct pop3_session *session);
/* For pop3_delivery_init, in hooks.deliver. */
uint64_t pop3_session_dots_end(const struct pop3_session *session, enum protocol_source source,
                               struct span lead);
void pop3_session_timed_out(struct pop3_session *session);
/* The client has waited `seconds` for the message in front, and for a byte of ours too long [K1].
 * starts_with_field: so does what there is of the message. */
void pop3_session_waited(struct pop3_session *session, uint64_t seconds, bool starts_with_field);
bool pop3_session_may_wait(const struct pop3_session *session);
/* The server's leg has idled because of us: NOOP, if nothing is expected of it [K2]. */
void pop3_session_keep_alive(struct pop3_session *session);
bool pop3_session_may_keep_alive(const struct pop3_session *session);
/* The service stops: what was asked is answered, then the session closes. */
void pop3_session_stop(struct pop3_session *session);

bool pop3_session_wants_client(const struct pop3_session *session);
bool pop3_session_wants_server(const struct pop3_session *session);
/* An end of the server's is of interest now: it is not while a message that it has sent whole is still on its
 * way to the client. */
bool pop3_session_wants_server_end(const struct pop3_session *session);

enum protocol_wait pop3_session_waits(const struct pop3_session *session);
const char *pop3_session_user(const struct pop3_session *session);

#endif
