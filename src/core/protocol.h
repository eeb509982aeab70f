/* protocol: the contract between a protocol and the shell that runs its sessions.
 *
 * A protocol (pop3/, later imap/, smtp/, ftp/) decides: it takes the bytes of both legs, finds the messages
 * in them, holds each back, and says what goes to which leg. The shell (proc/relay, and the harness of the
 * tests) does: it owns sockets, clocks, the spool, and the requests to scan, reader and keeper. A protocol
 * has no descriptor, no clock and no byte of a held message, so that a whole session replays in a test in
 * microseconds. proc/relay/relay_protocols has the one list of protocols; a shell knows none by name.
 *
 * Rules for both sides:
 *   - operations never call back into the session; each result is reported as an event after the operation
 *     has returned.
 *   - bytes are given to a leg only while `wants` allows it. What a protocol does not consume stays with the
 *     shell and is given again, with more after it, or when the session has moved on; so TCP holds the peer
 *     back.
 *   - after `close` the session gets no further events.
 *
 * The message in hand is a struct held_message of the shell, from `begin` to `forget`. A session may have
 * none, one, or several at a time; only one of them is being delivered. */
#ifndef POSTERN_CORE_PROTOCOL_H
#define POSTERN_CORE_PROTOCOL_H

#include "base/buf.h"
#include "base/err.h"
#include "base/protocol_id.h"
#include "conf/conf.h"
#include "core/message_kind.h"
#include "core/verdict.h"

enum leg { LEG_CLIENT, LEG_SERVER };

struct held_message; /* the shell's */

enum protocol_source { PROTOCOL_ORIGINAL, PROTOCOL_NOTICE };

/* What becomes of a message, for the log and the counters. */
enum protocol_fate {
    PROTOCOL_DELIVERED,
    PROTOCOL_MARKED,   /* delivered with a header field of ours before it */
    PROTOCOL_REPLACED, /* a notice was delivered in its place */
    PROTOCOL_RELEASED, /* delivered unchanged, because an administrator released it */
    PROTOCOL_REFUSED,  /* the client has got an error; the message stays where it is */
};

struct protocol_outcome {
    const char *command; /* static: "RETR" */
    uint32_t number;     /* as the client names the message; 0: it has no number */
    enum protocol_fate fate;
    uint64_t octets;
    enum err why;                  /* with PROTOCOL_REFUSED */
    const struct verdict *verdict; /* NULL: none was asked for */
};

/* What the quarantine has to know of a message that is not delivered as it is. Borrowed until store returns.
 */
struct protocol_incident {
    const struct verdict *verdict;
    bool destroy;          /* keep the record alone */
    bool undeliverable;    /* must never be delivered unmodified, even if it was released */
    bool is_header_known;  /* the client has the original's header: the notice has to fit under it */
    const char *name;      /* of a file: its path or URL; NULL: unknown, or a mail */
    const char *user;      /* empty: unknown */
    struct span unique_id; /* the server's own identifier of the message; empty: unknown */
};

struct protocol_ops {
    /* Is there room to hold a message of so many octets? 0: its size is not known. [S11] */
    bool (*has_room)(void *shell, uint64_t octets);
    void (*send)(void *shell, enum leg to, struct span bytes);

    /* A message begins to arrive from that leg. It goes to the other one, if it goes anywhere. */
    struct held_message *(*begin)(void *shell, enum leg from);
    /* Appends to its content. False: it cannot be kept, for *why (ERR_SPOOL_FAILED, ERR_MESSAGE_TOO_LARGE).
     */
    bool (*write)(struct held_message *message, struct span run, enum err *why);
    /* Shortens its content to so many octets. False: as write. */
    bool (*cut)(struct held_message *message, uint64_t octets, enum err *why);
    /* Its content is not needed any more, and its room may be what another message lacks. Like write and cut
     * only before the first of the operations below. */
    void (*drop)(struct held_message *message);
    /* Of these one at a time. The next one withdraws the one before: its result is not reported any more. */
    void (*scan)(struct held_message *message);                                            /* -> scanned */
    void (*store)(struct held_message *message, const struct protocol_incident *incident); /* -> stored */
    /* So many octets of the original, or the whole notice, go through `content` to `emit`. -> delivered */
    void (*deliver)(struct held_message *message, enum protocol_source source, uint64_t octets);
    /* Only from within `content` and `content_end`: bytes for the leg that the message goes to. Those that
     * are part of what `content` was given are borrowed until forget; others have to be static. */
    void (*emit)(struct held_message *message, struct span bytes);
    void (*outcome)(struct held_message *message, const struct protocol_outcome *outcome);
    /* The message, its notice and what was asked about it are not needed any more. */
    void (*forget)(struct held_message *message);

    /* From now on bytes pass unread both ways. What the client has sent after its request for that, and was
     * not consumed, is dropped. */
    void (*tunnel)(void *shell);
    void (*close)(void *shell, enum err why); /* what was sent to the client still leaves */
    /* For the log: a command that was answered here (verb may be empty); a change of the session's phase. */
    void (*refused)(void *shell, struct span verb, enum err why);
    void (*entered)(void *shell, const char *from, const char *to);
};

enum protocol_wants {
    PROTOCOL_WANTS_NOTHING,
    PROTOCOL_WANTS_BYTES,     /* while the other leg takes what is sent to it */
    PROTOCOL_WANTS_OWN_BYTES, /* also while it does not: a reply to the session itself, which is not passed on
                               */
};

/* What a session waits for, for the shell's time limits. */
enum protocol_wait {
    PROTOCOL_WAITS_NOTHING,
    PROTOCOL_WAITS_CLIENT,
    PROTOCOL_WAITS_SERVER,
    PROTOCOL_WAITS_TRANSFER, /* for the server; its reply is passed on as it arrives, no faster than the
                                client reads */
    PROTOCOL_WAITS_VERDICT,
    PROTOCOL_WAITS_QUARANTINE,
    PROTOCOL_WAITS_DELIVERY,
};

/* Timers that the shell runs while `wants_timer` allows it. */
enum protocol_timer {
    PROTOCOL_TIMER_PATIENCE,   /* the client has seen no byte for [..] patience [K1] */
    PROTOCOL_TIMER_KEEP_ALIVE, /* the server's leg has been idle because of us for [..] keep_alive [K2] */
    PROTOCOL_TIMER_SILENCE,    /* the server has sent nothing for a second, where that means something [S8] */
};

enum protocol_stored { PROTOCOL_STORED, PROTOCOL_STORED_RELEASED, PROTOCOL_STORE_FAILED };

struct protocol {
    enum protocol_id id;
    enum message_kind kind;
    size_t size; /* of its session, which the shell allocates, zeroed, aligned for any type */

    /* The server's greeting is awaited from here on, the connection to it included. conf and ops outlive the
     * session. */
    void (*init)(void *session, const struct protocol_ops *ops, void *shell, const struct conf *conf);
    void (*fini)(void *session);

    /* Bytes that were read from the leg and not consumed yet. Returns how many it has consumed. */
    size_t (*bytes)(void *session, enum leg leg, struct span in);
    /* The leg is at its end, and `rest` was read of it and not consumed. False: it has to be reported again
     * when more of the rest is consumed. `why` is of the server's leg. */
    bool (*end)(void *session, enum leg leg, struct span rest, enum err why);
    /* The connection is lost, whatever was read of it; or, with ERR_SPOOL_FAILED, a message that came from
     * there cannot be read any more. */
    void (*lost)(void *session, enum leg leg, enum err why);
    enum protocol_wants (*wants)(const void *session, enum leg leg);

    /* Results of operations. */
    void (*scanned)(void *session, struct held_message *message, const struct verdict *verdict);
    void (*stored)(void *session, struct held_message *message, enum protocol_stored result,
                   uint64_t notice_octets);
    /* The next piece of what is delivered. False: no more of it is needed. */
    bool (*content)(void *session, struct held_message *message, struct span piece);
    /* All of it was given, or no more is needed: what belongs after it. */
    void (*content_end)(void *session, struct held_message *message);
    /* All of it has left for the leg. */
    void (*delivered)(void *session, struct held_message *message);

    enum protocol_wait (*waits)(const void *session);
    /* What it waits for has not come within its limit, but may still come until it is withdrawn. */
    void (*timed_out)(void *session);
    bool (*wants_timer)(const void *session, enum protocol_timer timer);
    void (*timer)(void *session, enum protocol_timer timer, uint64_t waited_s);
    /* The service stops: what was asked is answered, then the session closes. */
    void (*stop)(void *session);

    const char *(*user)(const void *session); /* for the log; empty: unknown */

    /* Without a session. */
    /* Appends the reply to a client that is refused before there is a session. */
    void (*refuse)(enum err why, struct buf *out);
    bool (*is_refusal)(struct span line);  /* one of those, without its CRLF? */
    bool (*is_greeting)(struct span line); /* does a server that takes clients begin like that? */
};

#endif
