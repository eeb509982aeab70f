/* protocol: the contract between a protocol and the shell that runs its sessions.
 *
 * A protocol (pop3/, later imap/, smtp/, ftp/) makes the decisions: it receives the bytes of both legs, finds
 * the messages in them, holds each back, and determines which bytes go to which leg. The shell (proc/relay/,
 * and the harness of the tests) does the work: it owns sockets, timers, the spool, and the requests to scan,
 * reader and keeper. A protocol has no descriptor, no clock and no byte of a held message, so that a test
 * replays a whole session in microseconds. proc/relay/relay_protocols.c lists the protocols; apart from that,
 * the shell does not depend on any of them.
 *
 * Rules for both sides:
 *   - Operations never call back into the session. Each result is reported as an event after the operation
 *     has returned.
 *   - A leg's bytes are given to the protocol only while `wants` allows it. The shell keeps bytes that
 *     are not consumed, and gives them again when more have arrived or the session has changed its state; so
 *     TCP flow control holds the peer back.
 *   - After `close` the session receives no events.
 *
 * A message is represented by a struct held_message of the shell, from `begin` to `forget`. A session may
 * have several at a time; only one of them is being delivered. */
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
    bool destroy;          /* keep only the record */
    bool undeliverable;    /* must never be delivered unmodified, even if it was released */
    bool is_header_known;  /* the client has received the original header; the notice must fit it */
    const char *name;      /* path or URL of a file; NULL: unknown, or a mail */
    const char *user;      /* empty: unknown */
    struct span unique_id; /* the server's identifier of the message; empty: unknown */
};

struct protocol_ops {
    /* Whether there is enough space to hold a message of this size; 0: unknown. [S11] */
    bool (*has_space)(void *shell, uint64_t octets);
    void (*send)(void *shell, enum leg to, struct span bytes);

    /* A message begins to arrive from that leg. If it is delivered, it goes to the other leg. */
    struct held_message *(*begin)(void *shell, enum leg from);
    /* Appends to the message's content. False: the message cannot be held; *why is ERR_SPOOL_FAILED or
     * ERR_MESSAGE_TOO_LARGE. */
    bool (*write)(struct held_message *message, struct span run, enum err *why);
    /* Truncates the content. False: as for `write`. */
    bool (*cut)(struct held_message *message, uint64_t octets, enum err *why);
    /* Frees the space of content that is not needed. `write`, `cut` and `drop` are only called before the
     * first of the following operations. */
    void (*drop)(struct held_message *message);
    /* Of the next three operations one is in progress at a time. A new one cancels the one before, whose
     * result is then not reported. */
    void (*scan)(struct held_message *message);                                            /* -> scanned */
    void (*store)(struct held_message *message, const struct protocol_incident *incident); /* -> stored */
    /* Passes this many octets of the original, or the whole notice, to `content`, which calls `emit`. ->
     * delivered */
    void (*deliver)(struct held_message *message, enum protocol_source source, uint64_t octets);
    /* Only called from `content` and `content_end`: sends bytes to the leg that the message goes to. Bytes
     * that are part of the piece given to `content` are borrowed until `forget`; others must be static. */
    void (*emit)(struct held_message *message, struct span bytes);
    void (*outcome)(struct held_message *message, const struct protocol_outcome *outcome);
    /* The message, its notice and its requests are no longer needed. */
    void (*forget)(struct held_message *message);

    /* From now on bytes pass unread in both directions. Bytes that the client has sent after its request for
     * the tunnel, and that are not consumed, are dropped. */
    void (*tunnel)(void *shell);
    void (*close)(void *shell, enum err why); /* output to the client is still written */
    /* For the log: a command that was answered locally (verb may be empty); a change of the session's
     * phase. */
    void (*refused)(void *shell, struct span verb, enum err why);
    void (*entered)(void *shell, const char *from, const char *to);
};

enum protocol_wants {
    PROTOCOL_WANTS_NOTHING,
    PROTOCOL_WANTS_BYTES,     /* while the other leg accepts output */
    PROTOCOL_WANTS_OWN_BYTES, /* at any time: a reply for the session itself, which is not passed on */
};

/* The event that a session waits for; it determines the shell's time limit. */
enum protocol_wait {
    PROTOCOL_WAITS_NOTHING,
    PROTOCOL_WAITS_CLIENT,
    PROTOCOL_WAITS_SERVER,
    PROTOCOL_WAITS_TRANSFER, /* for the server, whose reply is passed on no faster than the client reads */
    PROTOCOL_WAITS_VERDICT,
    PROTOCOL_WAITS_QUARANTINE,
    PROTOCOL_WAITS_DELIVERY,
};

/* Timers that the shell runs while `wants_timer` allows it. */
enum protocol_timer {
    PROTOCOL_TIMER_PATIENCE,   /* the client has received no byte for the configured `patience` [K1] */
    PROTOCOL_TIMER_KEEP_ALIVE, /* Postern has kept the server idle for `keep_alive` [K2] */
    PROTOCOL_TIMER_SILENCE, /* the server has sent nothing for a second, in a state in which that matters [S8]
                             */
};

enum protocol_stored { PROTOCOL_STORED, PROTOCOL_STORED_RELEASED, PROTOCOL_STORE_FAILED };

struct protocol {
    enum protocol_id id;
    enum message_kind kind;
    size_t size; /* of its session, which the shell allocates: zeroed, and aligned for any type */

    /* The session begins to wait for the connection to the server and for its greeting. conf and ops outlive
     * the session. */
    void (*init)(void *session, const struct protocol_ops *ops, void *shell, const struct conf *conf);
    void (*fini)(void *session);

    /* Takes the bytes of the leg that are not consumed yet. Returns the number consumed. */
    size_t (*bytes)(void *session, enum leg leg, struct span in);
    /* The leg has ended, and `rest` is not consumed yet. False: the end must be reported again when more of
     * the rest is consumed. `why` applies to the server's leg. */
    bool (*end)(void *session, enum leg leg, struct span rest, enum err why);
    /* The connection is lost, even if bytes of it are not consumed yet; or, with ERR_SPOOL_FAILED, a message
     * from that leg can no longer be read. */
    void (*lost)(void *session, enum leg leg, enum err why);
    enum protocol_wants (*wants)(const void *session, enum leg leg);

    /* Results of operations. */
    void (*scanned)(void *session, struct held_message *message, const struct verdict *verdict);
    void (*stored)(void *session, struct held_message *message, enum protocol_stored result,
                   uint64_t notice_octets);
    /* The next piece of the content that is being delivered. False: no more is needed. */
    bool (*content)(void *session, struct held_message *message, struct span piece);
    /* All content was given, or no more is needed: emits what follows it. */
    void (*content_end)(void *session, struct held_message *message);
    /* All of it has been written to the leg. */
    void (*delivered)(void *session, struct held_message *message);

    enum protocol_wait (*awaited)(const void *session);
    /* The awaited event has not come within its time limit; it may still come unless the session cancels it.
     */
    void (*timed_out)(void *session);
    bool (*wants_timer)(const void *session, enum protocol_timer timer);
    void (*timer)(void *session, enum protocol_timer timer, uint64_t waited_s);
    /* The service stops: outstanding commands are answered, then the session closes. */
    void (*stop)(void *session);

    const char *(*user)(const void *session); /* for the log; empty: unknown */

    /* The following need no session. */
    /* Appends the reply to a client that is refused before there is a session. */
    void (*refuse)(enum err why, struct buf *out);
    /* Whether a line, without its CRLF, is such a reply, or the greeting of a server that accepts clients. */
    bool (*is_refusal)(struct span line);
    bool (*is_greeting)(struct span line);
};

#endif
