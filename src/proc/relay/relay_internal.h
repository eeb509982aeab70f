/* relay_internal: what the files of the relay share. relay.c has the process; relay_session.c a session from
 * beginning to end, relay_clock.c its times, relay_move.c what moves on its two legs, relay_commands.c what
 * the core has done; relay_request.c what is asked of other processes; relay_log.c the lines that tell of it.
 */
#ifndef POSTERN_PROC_RELAY_RELAY_INTERNAL_H
#define POSTERN_PROC_RELAY_RELAY_INTERNAL_H

#include "pop3/pop3_delivery.h"
#include "base/repeats.h"
#include "pop3/pop3_session.h"
#include "pop3/pop3_wire.h"
#include "base/address.h"
#include "proc/ipc/child.h"
#include "scan/verdict_table.h"
#include "net/conn.h"
#include "sys/spool.h"

#include <sys/queue.h>

struct relay_session;

/* Another process that is asked. */
struct relay_peer {
    TAILQ_ENTRY(relay_peer) link; /* whoever was asked longest ago is first */
    struct ipc *channel;
    unsigned owes;                    /* answers */
    bool is_leaving;                  /* it is replaced, or lost: nothing more is asked of it */
    struct verdict_table_view *board; /* scan's; NULL: it has shown none */
};

/* One question to another process. Slots are reused; the generation in the upper half of an id tells old from
 * new. */
struct relay_request {
    enum ipc_kind kind;          /* IPC_SCAN, IPC_READ, IPC_STORE */
    struct relay_session *owner; /* NULL: it ended; the answer is awaited all the same, and dropped */
    bool used, again;            /* again: its reader died once already */
    struct relay_peer *peer;     /* who was asked; NULL: nobody yet */
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
    TAILQ_HEAD(, relay_peer) peers;
    struct relay_listener *listeners; /* one for each of the start's */
    struct event *resume_accepting;   /* after descriptors ran out */
    struct event *bury;               /* frees sessions that ended, outside of their own callbacks */
    struct event *tell;               /* writes the log lines of this turn of the event loop */
    struct event *ask;                /* reads what clients have asked for in this turn */
    TAILQ_HEAD(, relay_session) asking;
    struct relay_session *sessions, *dead;
    uint32_t session_count;
    struct relay_request *requests;
    uint32_t request_count, next_slot;
    struct spool_settings spool;
    uint64_t free_bytes, free_asked_ms; /* of the spool's disk, as of then */
    uint32_t seed;                      /* of session ids */
    uint64_t sessions_seen;
    struct repeats repeats; /* refusals, and errors of the spool: each is logged once, then counted */
    bool stopping;
    bool retiring; /* nobody new is accepted; over after the last session */
};

/* What a message that is not delivered as it came needs on its way to the quarantine and into a notice. */
struct relay_incident {
    struct incident incident;
    struct kept_header kept;
    struct mail_layout layout;
    bool destroy;
};

enum relay_ending {
    RELAY_RUNNING,
    RELAY_FLUSHING,  /* the session is over; what was sent to the client still leaves */
    RELAY_LINGERING, /* our end is shut; the client's is awaited, so that nothing of ours is reset away */
    RELAY_DEAD,
};

/* What no other process says. */
enum relay_own_answer {
    RELAY_ANSWERS_NOTHING,
    RELAY_ANSWERS_KNOWN,      /* scan has said it before */
    RELAY_ANSWERS_UNSEEN,     /* engines = none: there is nobody to ask */
    RELAY_ANSWERS_NO_VERDICT, /* the request could not even be made */
    RELAY_ANSWERS_NOT_STORED,
};

enum relay_due {
    RELAY_DUE_LIMIT,      /* of what is waited for */
    RELAY_DUE_WAIT_LINE,  /* the client must see a byte [K1] */
    RELAY_DUE_KEEP_ALIVE, /* the server must hear one [K2] */
    RELAY_DUE_SILENCE,    /* a message that might be over is */
    RELAY_DUE_COUNT,
};

struct relay_session {
    struct relay *relay;
    const struct conf_listener *listener;
    enum protocol_id protocol;
    struct relay_session *next, *previous;
    TAILQ_ENTRY(relay_session) asking_link;
    bool asks; /* bytes of its client's wait to be read */
    char id[32];
    union inet_address client_address, server_address;
    struct conn client, server;
    struct pop3_session session;
    struct pop3_wire wire;
    struct spool spool;
    uint64_t held; /* of it in memory, as counted in the stats */
    struct buf notice;
    struct relay_incident *incident;
    struct relay_request *request; /* outstanding, at most one */
    struct event *timer;
    uint64_t due_ms[RELAY_DUE_COUNT], armed_ms; /* 0: not */
    uint64_t progress;                          /* of whoever is waited for, when that wait's limit was set */
    uint64_t silent_at;                         /* the server's octets when RELAY_DUE_SILENCE was set */
    bool turned;                                /* something else is waited for since */
    uint64_t begun_ms, message_begun_ms;
    enum relay_ending ending;
    bool tunnel, client_end_told;
    bool was_unheard;                 /* the server never answered our wish to connect */
    enum err server_fault;            /* told when everything before it was taken */
    enum relay_own_answer own_answer; /* told as soon as the session's call returned */
    struct verdict *known;            /* with RELAY_ANSWERS_KNOWN */
    enum err why;                     /* it ended */

    bool delivering, delivery_emitted;
    enum pop3_session_source source;
    uint64_t offset;
    struct pop3_delivery delivery;

    uint64_t messages, replaced, octets, tunnelled_octets;
};

/* relay_session.c */
void relay_session_accept(struct relay *relay, enum protocol_id protocol, int fd,
                          const union inet_address *client);
void relay_session_stop(struct relay_session *session);
/* What its client asks for, if anything has come: it may be over then. */
void relay_session_read(struct relay_session *session);
void relay_session_read_asking(evutil_socket_t fd, short what, void *context);
/* It is over: both legs are closed, and it is freed when the event loop comes round. */
void relay_session_bury(struct relay_session *session);
void relay_session_free(struct relay_session *session);

/* relay_clock.c */
void relay_clock_set(struct relay_session *session);
/* Moves again when the event loop comes round. */
void relay_clock_again(struct relay_session *session);
void relay_clock_fired(evutil_socket_t fd, short what, void *context);

/* relay_move.c. After every event. */
void relay_session_move(struct relay_session *session);

/* relay_commands.c */
void relay_commands_init(struct relay_session *session);
void relay_session_forget(struct relay_session *session);
void relay_session_verdict(struct relay_session *session, const struct verdict *verdict);
void relay_session_facts(struct relay_session *session, const struct ipc_facts *facts);
void relay_session_stored(struct relay_session *session, const struct ipc_stored *stored);

/* relay_request.c. False: the message cannot be handed over (no descriptor). */
bool relay_request(struct relay_session *session, enum ipc_kind kind);
/* Its answer is of no more interest. */
void relay_request_abandon(struct relay_session *session);
void relay_request_send_waiting(struct relay *relay);
/* The process is gone: what it owed is answered for. */
void relay_request_peer_lost(struct relay *relay, const struct relay_peer *peer);
void relay_request_answered(struct relay *relay, struct relay_peer *peer, enum ipc_kind kind,
                            const void *payload);

/* relay_known.c. Of the message in the spool. False: it has to be asked for. */
bool relay_known(struct relay_session *session);

/* relay_peers.c. The end of a channel comes from the parent; fd is taken. */
void relay_peer_take(struct relay *relay, const struct ipc_peer *named, int fd);
void relay_peer_leave(struct relay *relay, const struct ipc_peer *named);
/* One of that role, each in turn; NULL: there is none at this moment. */
struct relay_peer *relay_peer_to_ask(struct relay *relay, enum role role);
/* Of the scan that would be asked; NULL: there is none. */
const struct verdict_table_view *relay_peer_board(const struct relay *relay);
void relay_peers_free(struct relay *relay);

/* relay_log.c */
void relay_log_begin(const struct relay_session *session);
void relay_log_end(const struct relay_session *session);
/* The spool could not take a message, for that errno. */
void relay_log_spool(struct relay *relay, int error);
void relay_log_refused(struct relay *relay, const union inet_address *client,
                       const union inet_address *server, enum err why);
void relay_log_message(const struct relay_session *session, const struct pop3_session_outcome *outcome);
void relay_log_known(const struct relay_session *session);
void relay_log_incident(const struct relay_session *session);
void relay_log_command(const struct relay_session *session, struct span verb, enum err why);
/* A change of the session's phase. */
void relay_log_entered(const struct relay_session *session, const char *from, const char *to);
void relay_log_tunnel(const struct relay_session *session);
uint64_t relay_now_ms(void);

#endif
