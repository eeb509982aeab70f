/* relay_internal: declarations shared by the files of the relay.
 *
 * Each file calls only files further down in this list. So it can be read without the files above it:
 *
 *   relay.c            the process
 *   relay_replies.c    the messages of the other processes
 *   relay_session.c    a session from accept to close
 *   relay_pump.c       moves bytes between the legs of a session and its protocol
 *   relay_commands.c   the operations of core/protocol.h
 *   relay_scan.c       has a message scanned
 *   relay_store.c      has a message stored in the quarantine, and makes the notice
 *   relay_message.c    the held messages
 *   relay_delivery.c   the delivery of a held message
 *   relay_timers.c     the time limits of a session
 *   relay_tls*.c       TLS on both legs (relay_tls.h)
 *   relay_ready.c      the sessions that are served after the other events
 *   relay_requests.c   requests to other processes
 *   relay_seat.c       the place of a session in the limits of session_stats
 *   relay_known.c      the look-up in the verdict table
 *   relay_backends.c   the other processes
 *   relay_log.c        the log lines
 *   relay_protocols.c  the list of protocols */
#ifndef POSTERN_PROC_RELAY_RELAY_INTERNAL_H
#define POSTERN_PROC_RELAY_RELAY_INTERNAL_H

#include "base/address.h"
#include "base/repeats.h"
#include "core/protocol.h"
#include "net/conn.h"
#include "proc/ipc/child.h"
#include "proc/relay/relay_protocols.h"
#include "scan/verdict_table.h"
#include "sys/spool.h"

#include <stddef.h>
#include <sys/queue.h>

struct relay_session;
struct relay_tls;
struct relay_tls_shared;
struct leaf_reply;
struct ipc_leaf_key;

/* Another process, to which requests are sent. */
struct relay_backend {
    TAILQ_ENTRY(relay_backend) link; /* least recently used first */
    struct ipc *channel;
    unsigned outstanding; /* number of outstanding replies */
    bool is_leaving;      /* the process is being replaced or has ended; it gets no more requests */
    struct verdict_table_view *table; /* sent by scan; NULL: none yet */
};

/* Handles the reply to a request: a struct verdict, a struct ipc_facts or a struct ipc_stored. reply is NULL
 * if the request has failed. */
typedef void relay_reply_handler(struct held_message *message, const void *reply);

/* One request to another process. Slots are reused. The id of a request contains the generation of its slot,
 * so that a late reply to an earlier request is recognised. */
struct relay_request {
    enum ipc_kind kind;         /* IPC_SCAN, IPC_READ, IPC_STORE */
    struct held_message *owner; /* NULL: the request was withdrawn; its reply will be discarded */
    relay_reply_handler *handler;
    struct relay_seat *seat; /* seat of the session, if the request was withdrawn; otherwise NULL */
    uint64_t held;           /* if it was withdrawn: octets that session_stats counts until the reply */
    bool used;
    bool is_retry;                 /* the request is repeated, because the first reader has died */
    struct relay_backend *backend; /* NULL: not sent yet */
    uint32_t generation;
};

/* A socket that clients connect to. */
struct relay_listener {
    struct relay *relay;
    const struct listener *socket;
    struct event *readable;
};

struct relay {
    const struct child_start *start;
    const struct conf *conf;
    struct event_base *base;
    struct ipc *parent;
    TAILQ_HEAD(, relay_backend) backends;
    struct relay_listener *listeners; /* one for each listener of `start` */
    struct event *resume_accepting;   /* accepts again, after descriptors or memory ran out */
    struct event *reap;               /* frees the sessions in `dead`, outside of their callbacks */
    struct event *flush_log;          /* writes the buffered log lines, after the other events */
    struct event *serve_ready;        /* serves the sessions in `ready` */
    TAILQ_HEAD(, relay_session) ready;
    struct relay_session *sessions, *dead; /* dead: these have ended */
    uint32_t session_count;
    struct relay_request *requests;
    uint32_t request_count, next_slot;
    bool has_refused; /* a request was not sent for lack of a descriptor; it is sent after the next reply */
    struct spool_settings spool;
    int clients_end; /* a client's descriptor must be below; the others are for its server and its messages */
    uint64_t free_bytes, free_read_ms; /* free space of the spool's file system, and when it was read */
    uint32_t seed;                     /* for session ids */
    uint64_t sessions_seen;
    uint64_t shrinks; /* number of idle sessions that have freed memory */
    /* Limits log lines that repeat: refusals, and errors of the spool or of accept. The same line is logged
     * once per hour. At log level debug, all are logged. */
    struct repeats repeats;
    struct relay_tls_shared *tls; /* NULL: [tls] mode is off */
    bool stopping;
    bool retiring; /* accepts no more sessions; the process ends after its last session */
};

/* The data for the quarantine and the notice of a message that is not delivered unmodified. */
struct relay_incident {
    struct incident incident;
    struct kept_header kept;
    struct mail_layout layout;
    bool destroy;
    bool is_header_known; /* the client has received the original header; the notice must fit it */
};

/* A held message, from `begin` to `forget`. */
struct held_message {
    struct relay_session *session;
    TAILQ_ENTRY(held_message) link;
    enum leg from;
    struct spool spool;
    uint64_t held; /* octets of this message that session_stats counts as held in memory */
    uint64_t begun_ms;
    struct relay_request *request; /* outstanding; at most one */
    /* Reports the result of an operation for which no request was sent. relay_message_report_local calls it.
     * NULL: there is no such result. */
    void (*local_result)(struct held_message *message);
    struct verdict *known; /* the verdict from scan's table; NULL: none */
    struct relay_incident *incident;
    struct buf notice;
};

enum relay_ending {
    RELAY_RUNNING,
    RELAY_FLUSHING,  /* the session is over; output to the client is still being written */
    RELAY_LINGERING, /* the session has closed its sending direction, and waits until the client closes its
                        own. If it closed the connection earlier, the kernel could send a reset, which
                        destroys output that the client has not read */
    RELAY_OVER,      /* the connections must be closed */
    RELAY_DEAD,      /* both connections are closed; relay.reap will free the session */
};

enum relay_due {
    RELAY_DUE_LIMIT,      /* the current wait has reached its time limit */
    RELAY_DUE_LOGIN,      /* login_timeout has passed since the session began */
    RELAY_DUE_RATE,       /* min_rate_period has passed */
    RELAY_DUE_PATIENCE,   /* the client must receive a byte [K1] */
    RELAY_DUE_KEEP_ALIVE, /* the server must receive a command [K2] */
    RELAY_DUE_SILENCE,    /* the server has been silent for long enough [S8] */
    RELAY_DUE_IDLE,       /* the session is idle and can free memory */
    RELAY_DUE_COUNT,
};

/* State of relay_timers.c. */
struct relay_timers {
    struct event *event;
    uint64_t due_ms[RELAY_DUE_COUNT]; /* 0: not set */
    uint64_t armed_ms;                /* when `event` fires; 0: it is not pending */
    uint64_t progress;                /* value of progress_of when the limit was set */
    uint64_t rate_from;               /* value of progress_of when RELAY_DUE_RATE was set */
    uint64_t silent_at;               /* number of octets from the server when RELAY_DUE_SILENCE was set */
    bool is_wait_new;                 /* another wait has begun since the limit was set */
};

/* State of relay_delivery.c: the message that is being delivered. */
struct relay_delivery {
    struct held_message *message; /* NULL: none */
    enum protocol_source source;
    uint64_t octets, offset;
    bool is_slow;    /* the previous piece was copied, because the leg did not take it at once */
    bool is_emitted; /* the whole message is in the leg's output, which may still have to be written */
};

struct relay_session {
    struct relay *relay;
    struct relay_seat *seat;
    const struct conf_listener *listener;
    const struct protocol *protocol;
    struct relay_session *next, *previous;
    TAILQ_ENTRY(relay_session) ready_link;
    bool is_ready;    /* the session is in relay.ready */
    bool has_arrived; /* the client has sent bytes that are not read yet */
    bool has_reply;   /* relay_pump must follow, for example because another process has replied */
    char id[32];
    union inet_address client_address, server_address;
    struct conn client, server;
    struct relay_tls *tls;               /* while TLS is due, but not open on both legs; otherwise NULL */
    bool is_tls;                         /* TLS is open on both legs */
    bool is_server_valid;                /* with is_tls: the server's certificate has no fault */
    bool has_spoken;                     /* with is_tls: the client has sent bytes */
    TAILQ_HEAD(, held_message) messages; /* oldest first */
    struct relay_timers timers;
    struct relay_delivery delivery;
    enum relay_ending ending;
    enum err why; /* reason of the end */
    bool is_tunnel;
    bool is_end_reported[LEG_SERVER + 1]; /* by leg */
    bool connect_timed_out;
    enum err server_fault; /* reported to the protocol after the bytes that arrived before the fault */
    uint64_t begun_ms;
    uint64_t commands_refused;
    uint64_t messages_seen, replaced, octets, tunnelled_octets;
    max_align_t state[]; /* the protocol's session */
};

static inline struct conn *relay_leg(struct relay_session *session, enum leg leg)
{
    return leg == LEG_CLIENT ? &session->client : &session->server;
}

/* The leg to which a message is delivered. */
static inline enum leg relay_message_to(const struct held_message *message)
{
    return message->from == LEG_CLIENT ? LEG_SERVER : LEG_CLIENT;
}

/* While this many bytes wait to be written to a leg, the other leg is not read, except for
 * PROTOCOL_WANTS_OWN_BYTES. Nothing is taken from a held message for that leg either. */
enum { RELAY_WAITING_MAX_BYTES = 262144 };

/* relay_session.c */
void relay_session_accept(struct relay *relay, enum protocol_id id, int fd, const union inet_address *client);
void relay_session_stop(struct relay_session *session);
/* Call after every event of the session. The session may be RELAY_DEAD afterwards. */
void relay_session_proceed(struct relay_session *session);
/* Callback of relay.serve_ready. */
void relay_session_serve_ready(evutil_socket_t fd, short what, void *context);
/* Callback of the session's timer. */
void relay_session_timer(evutil_socket_t fd, short what, void *context);
void relay_session_free(struct relay_session *session);

/* relay_timers.c */
void relay_timers_set(struct relay_session *session);
/* Returns the message of the session that scan has received and not answered yet. NULL: none. */
struct held_message *relay_timers_in_scan(const struct relay_session *session);
/* Makes the event loop call relay_session_timer in its next iteration. */
void relay_timers_fire_soon(struct relay_session *session);
/* Reports to the protocol which timers are due, and whether the login or a transfer takes too long. Returns
 * whether the wait has reached its time limit. */
bool relay_timers_report(struct relay_session *session);

/* relay_ready.c. The session will be served after all other events of this iteration of the event loop. */
void relay_ready_add(struct relay_session *session);
/* Like relay_ready_add, but the session is served even if its client has sent nothing. Call when another
 * process has replied. */
void relay_ready_add_reply(struct relay_session *session);
void relay_ready_remove(struct relay_session *session);

/* relay_pump.c. Moves bytes until no more can be moved. */
void relay_pump(struct relay_session *session);

/* relay_tls*.c. If TLS is intercepted, prepares it, and reads the trusted certificates. If that fails, logs
 * the reason and returns false. */
bool relay_tls_init(struct relay *relay);
void relay_tls_fini(struct relay *relay);
/* Call for a new session that begins with TLS. */
void relay_tls_begin(struct relay_session *session);
/* The operation start_tls. */
bool relay_tls_start(struct relay_session *session, enum leg leg);
/* Takes the next step of TLS, if it need not wait for an event. Returns false if no other step can be taken
 * now. */
bool relay_tls_pump(struct relay_session *session);
void relay_tls_connected(struct relay_session *session, const struct conn *conn);
/* Handles the failure of a connection while TLS is due. Returns false if the caller must handle it, as
 * without TLS. */
bool relay_tls_failed(struct relay_session *session, const struct conn *conn, int error);
/* Call when the protocol has closed the session. If the client expects TLS, and its handshake has not begun,
 * the client receives the reason as an alert or as text. */
void relay_tls_close(struct relay_session *session, enum err why);
void relay_tls_free(struct relay_session *session);
/* Returns whether the client expects TLS that is not open yet, so that nothing may be sent to it. */
bool relay_tls_is_client_due(const struct relay_session *session);
/* Must the leg be read? Call these two only for a session with `tls`. The server's leg is read only if the
 * protocol wants its bytes, too. */
bool relay_tls_wants_client(const struct relay_session *session);
bool relay_tls_wants_server(const struct relay_session *session);
/* Returns whether the session needs another connection to the server, which relay_session.c makes. */
bool relay_tls_wants_redial(const struct relay_session *session);
void relay_tls_redialled(struct relay_session *session);
/* Returns the limit for the current wait. 0: the protocol's own limits apply. */
uint64_t relay_tls_limit_ms(const struct relay_session *session);
/* If a wait of TLS has timed out, ends the session and returns true. */
bool relay_tls_timed_out(struct relay_session *session);
/* Call when the client has sent its first bytes in TLS. */
void relay_tls_note_first_bytes(struct relay_session *session);
/* Call at the end of each session. */
void relay_tls_note_end(struct relay_session *session);

/* relay_tls_leaf.c: replies of the signer. */
void relay_tls_leaf_key(struct relay *relay, struct relay_backend *backend, const struct ipc_leaf_key *key);
void relay_tls_leaf_answered(struct relay *relay, struct relay_backend *backend,
                             const struct leaf_reply *reply);
void relay_tls_leaf_send_waiting(struct relay *relay);
void relay_tls_leaf_backend_lost(struct relay *relay, const struct relay_backend *backend);

/* relay_commands.c */
extern const struct protocol_ops relay_ops;

/* Operations of core/protocol.h, in relay_scan.c, relay_store.c and relay_message.c. */
bool relay_message_scan(struct held_message *message, enum err *why);
void relay_message_store(struct held_message *message, const struct protocol_incident *incident);
struct held_message *relay_message_begin(void *shell, enum leg from);
bool relay_message_write(struct held_message *message, struct span run, enum err *why);
bool relay_message_cut(struct held_message *message, uint64_t octets, enum err *why);
void relay_message_drop(struct held_message *message);
void relay_message_forget(struct held_message *message);
/* Returns the fault for an errno of the spool. */
enum err relay_message_fault(int error);
/* Withdraws the operation in progress. Its result will not be reported. */
void relay_message_withdraw(struct held_message *message);
/* Reports one local_result of the session. Returns false if there is none. */
bool relay_message_report_local(struct relay_session *session);

/* relay_delivery.c */
void relay_delivery_begin(struct held_message *message, enum protocol_source source, uint64_t octets);
void relay_delivery_emit(struct held_message *message, struct span bytes);
/* Ends the delivery of the message, if it is being delivered. Copies the bytes that the leg has borrowed from
 * the message. */
void relay_delivery_end(struct held_message *message);
/* Continues the delivery. Returns whether it became complete and this was reported to the protocol. */
bool relay_delivery_pump(struct relay_session *session);

/* relay_requests.c. Sends a request. `handler` will take the reply. If the message cannot be passed as a
 * descriptor, logs the error and returns false with errno. */
bool relay_request(struct held_message *message, enum ipc_kind kind, relay_reply_handler *handler);
/* Returns whether a request of that kind is outstanding and another process has it. */
bool relay_request_is_sent(const struct held_message *message, enum ipc_kind kind);
/* If a request of the message is outstanding, its reply will be discarded. If the request is a scan, scan is
 * asked to end it early. Until the reply, the other process holds the message. So the octets of the message
 * and its session remain counted. */
void relay_request_abandon(struct held_message *message);
/* Frees all requests. */
void relay_requests_free(struct relay *relay);
/* Sends the requests that could not be sent yet. */
void relay_request_send_waiting(struct relay *relay);
/* Call when the process has ended. Its outstanding requests fail or are repeated. */
void relay_request_backend_lost(struct relay *relay, const struct relay_backend *backend);
void relay_request_answered(struct relay *relay, struct relay_backend *backend, enum ipc_kind kind,
                            const void *payload);

/* relay_seat.c. Counts a session of the client. If a limit is reached, returns NULL with the reason in *why.
 */
struct relay_seat *relay_seat_take(struct relay *relay, enum protocol_id protocol,
                                   const union inet_address *client, enum err *why);
/* Returns the seat for another user. The seat becomes free when its last user has left. */
struct relay_seat *relay_seat_share(struct relay_seat *seat);
void relay_seat_leave(struct relay_seat **seat);

/* relay_known.c. Looks the message up in scan's table. If the table has a verdict on the message, sets .known
 * and returns true. */
bool relay_find_known(struct held_message *message);

/* relay_replies.c. Call when the parent has sent `fd`, the end of a new channel to `peer`. Takes fd. */
void relay_backend_connect(struct relay *relay, const struct ipc_peer *peer, int fd);
/* Call when `peer` is being replaced. It gets no more requests. It is removed from the list when none of its
 * replies is outstanding. */
void relay_backend_drain(struct relay *relay, const struct ipc_peer *peer);

/* relay_backends.c. Adds a process to the list. Takes the channel. */
void relay_backend_add(struct relay *relay, struct ipc *channel);
void relay_backend_free(struct relay *relay, struct relay_backend *backend);
/* The next three return NULL if there is none. */
struct relay_backend *relay_backend_by_channel(const struct relay *relay, const struct ipc *channel);
struct relay_backend *relay_backend_by_peer(const struct relay *relay, const struct ipc_peer *peer);
/* Returns the process of that role that gets the next request (round robin). */
struct relay_backend *relay_backend_next(struct relay *relay, enum role role);
/* Returns the table of the current scan process, or NULL. */
const struct verdict_table_view *relay_backend_table(const struct relay *relay);
void relay_backends_free(struct relay *relay);

/* relay_log.c */
uint64_t relay_now_ms(void);
void relay_log_begin(const struct relay_session *session);
void relay_log_end(const struct relay_session *session);
/* error: an errno from the spool. */
void relay_log_spool(struct relay *relay, int error);
/* Call when accepting is paused because of this errno. */
void relay_log_paused(struct relay *relay, int error);
void relay_log_refused(struct relay *relay, const union inet_address *client,
                       const union inet_address *server, enum err why);
void relay_log_message(const struct held_message *message, const struct protocol_outcome *outcome);
void relay_log_known(const struct held_message *message);
void relay_log_incident(const struct held_message *message);
void relay_log_command(struct relay_session *session, struct span verb, enum err why);
/* Call when the session's phase has changed. */
void relay_log_entered(const struct relay_session *session, const char *from, const char *to);
void relay_log_tunnel(const struct relay_session *session);

#endif
