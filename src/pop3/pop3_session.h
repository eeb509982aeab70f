/* pop3_session: the decisions of one POP3 session between a client and a server, and nothing but decisions.
 *
 * Events go in by the functions below, commands come out by struct session_ops. The core owns no socket, no
 * clock and no byte of a message: the shell (proc/relay/relay) splits lines, moves messages between server,
 * spool and client, and asks scan and keeper; so a whole session replays in a test in microseconds. Contract
 * of the shell:
 *   - ops never call back into the session; what happens at once is told as an event after the op returned.
 *   - a line of the client is given only while session_wants_client, a line of the server only while
 * session_wants_server and no message is being received; what is not wanted stays unread, so that TCP holds
 * the peer back.
 *   - after ops->receive, bytes of the server go through pop3/pop3_text until the final dot, then
 * session_message_ended. That mode ends with it.
 *   - after ops->close nothing more is given.
 *
 * What it promises [P1-P4]: a message goes to the client only after a verdict and by the policy for it, or
 * because the quarantine says that it was released; a notice only after the original is stored; DELE and QUIT
 * reach the server only when every earlier message has had its outcome [S10]; every command gets exactly one
 * reply, in order [S2], unless the connection is cut.
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
#include "core/verdict.h"
#include "pop3/pop3_command.h"

enum { SESSION_QUEUE_MAX = 64, SESSION_USER_SIZE = 128, SESSION_NUMBERS_MAX = 1000 };

enum session_receive {
    SESSION_RECEIVE_MESSAGE, /* into the spool */
    SESSION_RECEIVE_HEAD,    /* the spool takes what pop3_head lets through, the rest is dropped [S6] */
    SESSION_RECEIVE_NOTHING, /* drop what is still to come of this message */
};

enum session_source { SESSION_SPOOL, SESSION_NOTICE };

/* What becomes of a message, for the log. */
enum session_fate {
    SESSION_DELIVERED,
    SESSION_MARKED,   /* delivered with a line of ours in front */
    SESSION_REPLACED, /* by a notice */
    SESSION_RELEASED, /* delivered unchanged: an administrator let it pass */
    SESSION_REFUSED,  /* -ERR; it stays on the server */
};

struct session_outcome {
    enum pop3_verb verb;
    uint32_t number;
    enum session_fate fate;
    enum err why;                  /* with SESSION_REFUSED */
    const struct verdict *verdict; /* NULL: none was asked for */
};

/* What the shell saw while a message was received. */
struct session_received {
    uint64_t octets;        /* unstuffed */
    bool bare_dot;          /* the trap of [S8] */
    bool bare_end;          /* no CRLF.CRLF has come, but the end of pop3/pop3_lax_end, and then nothing */
    uint64_t dots_end;      /* octets in which a line may begin with a dot */
    bool starts_with_field; /* a header line of ours may go before it */
};

/* SESSION_SPOOL is delivered up to received.octets: of a head, the spool holds more.
 * `lead`: header lines to put before the content, whole and with CRLF; may be empty.
 * `body_lines`: header and so many lines of the body (TOP); SESSION_ALL_LINES: everything. */
#define SESSION_ALL_LINES UINT32_MAX

struct session_ops {
    /* Is there room to hold a message of so many octets; 0: its size is not known [S11]. */
    bool (*has_room)(void *context, uint64_t octets);
    void (*send_client)(void *context, struct span bytes);
    void (*send_server)(void *context, struct span bytes);
    void (*receive)(void *context, enum session_receive mode);
    void (*scan)(void *context); /* -> session_verdict */
    void (*store)(void *context, const struct verdict *verdict,
                  bool destroy); /* -> session_stored, session_released, session_store_failed */
    void (*deliver)(void *context, enum session_source source, struct span lead,
                    uint32_t body_lines); /* -> session_delivered */
    void (*forget)(void *context);        /* spool and notice of this message */
    /* From now on bytes pass unread both ways. What the client has said until now behind its STLS is dropped.
     */
    void (*tunnel)(void *context);
    void (*close)(void *context, enum err why); /* what was sent to the client still goes out */
    void (*outcome)(void *context, const struct session_outcome *outcome);
    void (*refused)(void *context, struct span verb,
                    enum err why); /* a command we answered ourselves; verb may be empty */
    void (*entered)(void *context, const char *from, const char *to);
};

/* X(phase): of the entry in front. */
#define SESSION_PHASE_TABLE(X)                                                      \
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

enum session_phase {
#define X(phase) SESSION_##phase,
    SESSION_PHASE_TABLE(X)
#undef X
};

struct session_entry {
    uint8_t verb;  /* enum pop3_verb */
    uint8_t shape; /* enum pop3_shape */
    uint8_t state; /* enum session_entry_state */
    uint8_t err;   /* enum err of a local answer */
    bool is_whole; /* TOP n 0 that is answered from the message, as RETR is */
    uint32_t number, lines;
};

struct session_numbers {
    uint32_t *at;
    uint32_t n, room;
    bool full; /* there are more than SESSION_NUMBERS_MAX: the rest is not remembered */
};

struct session_size {
    uint32_t number;
    uint64_t octets;
};

/* What LIST said of large messages. Of SESSION_NUMBERS_MAX at most; what is not remembered is found out as it
 * comes. */
struct session_sizes {
    struct session_size *at;
    uint32_t n, room;
};

/* Embedded in the shell's own; its fields are the core's. */
struct session {
    const struct session_ops *ops;
    void *context;
    const struct conf *conf;
    enum session_phase phase;
    uint8_t first, count; /* ring */
    uint8_t messages;     /* entries of shape MESSAGE without an outcome */
    bool held;            /* the last entry waits for messages before it may be sent */
    bool logged_in;       /* the server let somebody in: the name is settled */
    bool doubtful;        /* who that is cannot be told */
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
    struct session_received received;
    enum session_fate fate;
    /* Last RETR failed: DELE is not passed, of no message once there are too many [S10]. */
    struct session_numbers undelivered;
    /* What RETR gave of them last was not the original: TOP n 0 gives the header of that. */
    struct session_numbers altered;
    /* Their original header went to the client by TOP n 0. */
    struct session_numbers headed;
    struct session_sizes sizes;
    struct session_uids uids;
    char mechanism[24];
    char user[SESSION_USER_SIZE]; /* empty: unknown, or in doubt */
    struct session_entry queue[SESSION_QUEUE_MAX];
};

/* The server's greeting is awaited from here on, the connection to it included. */
void session_init(struct session *session, const struct session_ops *ops, void *context,
                  const struct conf *conf);
void session_fini(struct session *session);

/* Lines come without their CRLF. */
void session_client_line(struct session *session, struct span line);
void session_client_overlong(
    struct session *session);                       /* a line over POP3_SASL_LINE_MAX; the shell dropped it */
void session_client_ended(struct session *session); /* end of file: answers may still be taken */
void session_client_gone(struct session *session);  /* reset: nobody is there */
void session_server_line(struct session *session, struct span line);
void session_server_overlong(struct session *session);
/* Unreachable, reset, end of file. */
void session_server_failed(struct session *session, enum err why);
/* The message cannot be kept: ERR_SPOOL_FAILED, ERR_MESSAGE_TOO_LARGE. Its rest is then dropped. */
void session_message_fault(struct session *session, enum err why);
void session_message_ended(struct session *session, const struct session_received *received);
void session_verdict(struct session *session, const struct verdict *verdict);
void session_stored(struct session *session, uint64_t notice_octets);
/* The client has the original's header of the message at hand, and may read the notice by it. */
bool session_header_was_given(const struct session *session);
void session_released(struct session *session); /* not stored: it may pass */
void session_store_failed(struct session *session);
void session_delivered(struct session *session);
/* For delivery_init, in ops->deliver. */
uint64_t session_dots_end(const struct session *session, enum session_source source, struct span lead);
void session_timed_out(struct session *session);
/* The client has waited `seconds` for the message in front, and for a byte of ours too long [K1].
 * starts_with_field: so does what there is of the message. */
void session_waited(struct session *session, uint64_t seconds, bool starts_with_field);
bool session_may_wait(const struct session *session);
/* The server's leg has idled because of us: NOOP, if nothing is expected of it [K2]. */
void session_keep_alive(struct session *session);
bool session_may_keep_alive(const struct session *session);
/* The service stops: what was asked is answered, then the session closes. */
void session_stop(struct session *session);

bool session_wants_client(const struct session *session);
bool session_wants_server(const struct session *session);
/* An end of the server's is of interest now: it is not while a message that it has sent whole is still on its
 * way to the client. */
bool session_wants_server_end(const struct session *session);

enum session_wait {
    SESSION_WAITS_CLIENT,
    SESSION_WAITS_SERVER,
    SESSION_WAITS_US,
    SESSION_WAITS_DELIVERY,
    SESSION_WAITS_NOTHING
};
enum session_wait session_waits(const struct session *session);
const char *session_user(const struct session *session);
/* The unique-id of the message at hand, if a UIDL of this session told it; else empty. */
struct span session_uid(const struct session *session);

#endif
