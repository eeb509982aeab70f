/* protocol: the contract between a protocol and the shell that runs its sessions.
 *
 * A session has two legs, the connections to the client and to the server. A protocol (pop3/, later imap/,
 * smtp/, ftp/) makes the decisions: it receives the bytes of both legs, finds the messages in them, holds
 * each message back, and determines which bytes go to which leg. A shell (proc/relay/, or the harness of the
 * tests) does the work: it owns sockets, timers, the spool, and the requests to scan, reader and keeper.
 *
 * A protocol has no descriptor and no clock, and does not store held messages. Therefore a test can replay a
 * whole session in microseconds. Of the shell, only proc/relay/relay_protocols.c depends on the protocols: it
 * lists them.
 *
 * Rules for both sides:
 *   - Operations never report events to the session. Each result is reported as an event after the operation
 *     has returned.
 *   - A leg is read only while `wants` allows it, so that TCP flow control holds the peer back. Bytes that
 *     the protocol does not consume stay with the shell. The shell passes them again when more bytes have
 *     arrived, or when the session has changed its state.
 *   - After `close` the session receives no events.
 *
 * The shell has a struct held_message for each message, from `begin` to `forget`. A session may have several
 * at a time; at most one of them is being delivered. */
#ifndef POSTERN_CORE_PROTOCOL_H
#define POSTERN_CORE_PROTOCOL_H

#include "base/buf.h"
#include "base/err.h"
#include "base/protocol_id.h"
#include "conf/conf.h"
#include "core/message_kind.h"
#include "core/verdict.h"

enum leg { LEG_CLIENT, LEG_SERVER };

struct held_message; /* defined by the shell */

enum protocol_source { PROTOCOL_ORIGINAL, PROTOCOL_NOTICE };

/* The outcome of a message, for the log and the counters. */
enum protocol_fate {
    PROTOCOL_DELIVERED,
    PROTOCOL_MARKED,   /* delivered with an additional header field */
    PROTOCOL_REPLACED, /* a notice was delivered instead */
    PROTOCOL_RELEASED, /* delivered unchanged, because an administrator released it */
    PROTOCOL_REFUSED,  /* the client has received an error; the message stays where it was */
};

struct protocol_outcome {
    const char *command; /* static: "RETR" */
    uint32_t number;     /* the protocol's number of the message; 0: none */
    enum protocol_fate fate;
    uint64_t octets;
    enum err why;                  /* with PROTOCOL_REFUSED */
    const struct verdict *verdict; /* NULL: the message was not scanned */
};

/* Data for the quarantine about a message that is not delivered unmodified. Borrowed until `store`
 * returns. */
struct protocol_incident {
    const struct verdict *verdict;
    bool destroy;          /* only the record is kept */
    bool undeliverable;    /* the message must never be delivered unmodified, even if it was released */
    bool is_header_known;  /* the client has received the original header; the notice must fit it */
    const char *name;      /* path or URL of a file; NULL: unknown, or a mail */
    const char *user;      /* empty: unknown */
    struct span unique_id; /* the server's identifier of the message; empty: unknown */
};

struct protocol_ops {
    /* Returns whether a message of this size can be held [S11]. octets 0: the size is unknown. */
    bool (*has_space)(void *shell, uint64_t octets);
    void (*send)(void *shell, enum leg to, struct span bytes);

    /* Called when a message begins to arrive from that leg. It is to be delivered to the other leg. */
    struct held_message *(*begin)(void *shell, enum leg from);
    /* Appends to the content. Returns false if the message cannot be held; *why is then ERR_SPOOL_FAILED,
     * ERR_PROCESS_LIMIT or ERR_MESSAGE_TOO_LARGE. */
    bool (*write)(struct held_message *message, struct span run, enum err *why);
    /* Truncates the content to this many octets. Returns false if that fails; *why is then
     * ERR_SPOOL_FAILED. */
    bool (*cut)(struct held_message *message, uint64_t octets, enum err *why);
    /* Frees the content, so that other messages can use the space. `write`, `cut` and `drop` are called only
     * before `scan`, `store` and `deliver`. */
    void (*drop)(struct held_message *message);
    /* Of `scan`, `store` and `deliver` at most one is in progress. A second call withdraws the first; the
     * result of the first is then not reported. After "->", each comment names the function of struct
     * protocol that receives the result. */
    /* -> scanned. Returns false if the end of the message cannot be held; *why is then ERR_SPOOL_FAILED, or
     * ERR_PROCESS_LIMIT. */
    bool (*scan)(struct held_message *message, enum err *why);
    void (*store)(struct held_message *message, const struct protocol_incident *incident); /* -> stored */
    /* Passes this many octets of the original or of the notice to `content`, which calls `emit`. ->
     * delivered */
    void (*deliver)(struct held_message *message, enum protocol_source source, uint64_t octets);
    /* Sends bytes to the leg to which the message is delivered. Only `content` and `content_end` call it.
     * Bytes from the piece that was given to `content` are borrowed until `forget`; other bytes must be
     * static. */
    void (*emit)(struct held_message *message, struct span bytes);
    void (*outcome)(struct held_message *message, const struct protocol_outcome *outcome);
    /* Frees the message and its notice, and withdraws its requests. */
    void (*forget)(struct held_message *message);

    /* The next bytes of the leg belong to TLS. On the server's leg, the shell also verifies the server's
     * certificate. On the client's leg, it first sends the session's plain output. -> tls_started; if TLS
     * fails, `expired`. If the shell passes the session unread instead, only the end of a leg is reported.
     * Bytes of the leg that have arrived before TLS, and are not consumed, may have been inserted by somebody
     * else. If such bytes are on the client's leg, returns false, and the session must end. If they are on
     * the server's leg, `expired` is called later (ERR_SERVER_TLS_EARLY). */
    bool (*start_tls)(void *shell, enum leg leg);
    /* From now on bytes pass unread in both directions. Bytes of the client that are not consumed yet are
     * dropped. */
    void (*tunnel)(void *shell);
    void (*close)(void *shell, enum err why); /* output to the client is still written */
    /* For the log. `refused`: a command was answered locally with an error; the verb may be empty. `entered`:
     * the session has changed its phase. */
    void (*refused)(void *shell, struct span verb, enum err why);
    void (*entered)(void *shell, const char *from, const char *to);
    /* Call when a line of a reply has arrived, and more will follow. The time limit then begins again. */
    void (*advanced)(void *shell);
};

enum protocol_wants {
    PROTOCOL_WANTS_NOTHING,
    PROTOCOL_WANTS_BYTES,     /* while the legs accept the resulting output */
    PROTOCOL_WANTS_OWN_BYTES, /* at any time, because they answer a command of the session itself */
};

/* The event that a session waits for. It determines the time limit that the shell applies. */
enum protocol_awaited {
    PROTOCOL_AWAITS_NOTHING,
    PROTOCOL_AWAITS_CLIENT,   /* a whole command */
    PROTOCOL_AWAITS_SERVER,   /* a whole line of a reply */
    PROTOCOL_AWAITS_TRANSFER, /* lines of a reply that are passed on as they arrive; the client's speed limits
                                 them */
    PROTOCOL_AWAITS_MESSAGE,  /* the rest of a message; `min_rate` applies */
    PROTOCOL_AWAITS_VERDICT,
    PROTOCOL_AWAITS_QUARANTINE,
    PROTOCOL_AWAITS_DELIVERY, /* `min_rate` applies */
};

/* Timers that the shell runs while `wants_timer` allows it. */
enum protocol_timer {
    PROTOCOL_TIMER_PATIENCE,   /* the client has received no byte for the configured `patience` [K1] */
    PROTOCOL_TIMER_KEEP_ALIVE, /* Postern has kept the server idle for `keep_alive` [K2] */
    PROTOCOL_TIMER_SILENCE,    /* the server has sent nothing for a second [S8] */
    PROTOCOL_TIMER_IDLE,       /* the client has sent nothing for a minute; the session frees what it can */
};

enum protocol_stored { PROTOCOL_STORED, PROTOCOL_STORED_RELEASED, PROTOCOL_STORE_FAILED };

struct protocol {
    enum protocol_id id;
    enum message_kind kind;
    size_t size; /* of a session; the shell allocates it, zeroed and aligned for any type */

    /* Called before the server's leg is connected. conf and ops outlive the session. */
    void (*init)(void *session, const struct protocol_ops *ops, void *shell, const struct conf *conf);
    void (*fini)(void *session);

    /* Takes the bytes of the leg that are not consumed yet. Returns the number consumed. */
    size_t (*bytes)(void *session, enum leg leg, struct span in);
    /* The leg has ended; `rest` is not consumed yet. Returns false if the end must be reported again later,
     * because the session is not ready for it. `why` applies to the server's leg. */
    bool (*end)(void *session, enum leg leg, struct span rest, enum err why);
    /* The leg's connection is lost, with all bytes that are not consumed yet. ERR_SPOOL_FAILED: a message
     * from that leg can no longer be read. */
    void (*lost)(void *session, enum leg leg, enum err why);
    enum protocol_wants (*wants)(const void *session, enum leg leg);

    /* Results of operations. */
    void (*scanned)(void *session, struct held_message *message, const struct verdict *verdict);
    void (*stored)(void *session, struct held_message *message, enum protocol_stored result,
                   uint64_t notice_octets);
    /* Takes the next piece of the content that is being delivered. Returns whether more is needed. */
    bool (*content)(void *session, struct held_message *message, struct span piece);
    /* Called when all content was given, or no more is needed. Emits what follows the content. */
    void (*content_end)(void *session, struct held_message *message);
    /* Everything that was emitted has been written to the leg. */
    void (*delivered)(void *session, struct held_message *message);

    /* TLS has started on the leg. All further bytes of the leg are protected by TLS. If the connection began
     * with TLS, the session gets this event for the client's leg before any bytes, without having called
     * start_tls. */
    void (*tls_started)(void *session, enum leg leg);
    /* After start_tls: the shell has replaced the server's connection by a new one, because TLS has failed on
     * the old one, or the client's first bytes of TLS do not suit it. The session asks the server for TLS on
     * the new connection, and calls start_tls for the server's leg. tls_started follows for that leg only if
     * it has not come before. */
    void (*reconnected)(void *session);

    enum protocol_awaited (*awaited)(const void *session);
    /* The awaited event has not occurred within the time limit. It may still occur, unless the session
     * withdraws the operation. */
    void (*timed_out)(void *session);
    /* The session must end, because a time limit has passed, a peer is too slow, or TLS has failed. */
    void (*expired)(void *session, enum err why);
    /* Returns whether a login has succeeded. */
    bool (*is_logged_in)(const void *session);
    bool (*wants_timer)(const void *session, enum protocol_timer timer);
    /* The timer has expired. waited_s: the age of the oldest message; only with PROTOCOL_TIMER_PATIENCE. */
    void (*timer)(void *session, enum protocol_timer timer, uint64_t waited_s);
    /* The service is stopping: outstanding commands are answered, then the session closes. */
    void (*stopping)(void *session);

    const char *(*user)(const void *session); /* for the log; empty: unknown */

    /* The following need no session. Lines are given without their CRLF. */
    /* Appends the reply for a client that is refused before there is a session. */
    void (*refuse)(enum err why, struct buf *out);
    bool (*is_refusal)(struct span line);  /* whether this line is one that `refuse` appends */
    bool (*is_greeting)(struct span line); /* whether a server with this greeting accepts clients */
};

#endif
