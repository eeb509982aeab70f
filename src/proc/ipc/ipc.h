/* ipc: the one table of what may cross between our processes, and the channels that carry it.
 *
 * A channel is a SOCK_SEQPACKET socket pair between two processes whose roles both ends know. A packet is
 * one message of the table: a kind, then a payload of exactly that kind's size, with a descriptor if and only
 * if the table says so. Anything else - an unknown kind, a wrong size, a missing or an extra descriptor, a
 * sender that may not send it, an answer to a request that is not outstanding - is a violation: the channel
 * is closed and the peer is accused to the parent, which kills and restarts it. (OpenSSH's monitor is the
 * model.)
 *
 * Mail crosses only as a descriptor: a memfd sealed against writing and shrinking, or a file through a
 * read-only descriptor; never as bytes or a path. No payload holds a pointer.
 *
 * Who is killed is answered for: when a channel closes, its owner gives every request that was outstanding
 * on it the answer `failed`. The parent makes the new process, and hands both sides the ends of a new
 * channel. */
#ifndef POSTERN_PROC_IPC_IPC_H
#define POSTERN_PROC_IPC_IPC_H

#include "conf/conf.h"
#include "core/incident.h"
#include "mail/mail_layout.h"
#include "scan/engine.h"
#include "quarantine/quarantine_request.h"

#include <event2/event.h>

enum role {
    ROLE_PARENT,
    ROLE_RELAY,
    ROLE_SCAN,
    ROLE_CLAMAV,
    ROLE_WORKER,
    ROLE_READER,
    ROLE_KEEPER,
    ROLE_COUNT,
    ROLE_ANY = ROLE_COUNT
};

struct ipc_none {
    uint32_t unused;
};
/* The end of a channel to another process; an older channel to the same role and index is dead or about to
 * die. A process that is to replace another has another index. */
struct ipc_peer {
    uint32_t role, index;
};
struct ipc_scan {
    uint64_t id;
    uint64_t size;      /* octets of the message behind the descriptor */
    uint8_t kind;       /* enum message_kind; no more about it, for the verdict is remembered for all */
    uint8_t client[16]; /* address, IPv4 mapped: one client's pile must not hold up others */
};
struct ipc_verdict {
    uint64_t id;
    struct verdict verdict;
};
struct ipc_verdict_table {
    uint32_t entries; /* of the board behind the descriptor, scan/verdict_table */
};
struct ipc_read {
    uint64_t id;
    uint64_t size;
};
struct ipc_facts {
    uint64_t id;
    uint8_t ok; /* 0: the message killed its reader or was unreadable; facts are empty */
    struct mail_facts facts;
    struct kept_header kept;
    struct mail_layout layout;
};
struct ipc_store {
    uint64_t id;
    uint8_t destroy; /* 1: policy delete; only an incident record is made, the bytes are not kept */
    struct incident incident;
};
struct ipc_stored {
    uint64_t id;
    uint8_t ok;       /* 0: nothing was kept; the mail must stay on the server */
    uint8_t released; /* 1: nothing was kept, for it may pass: that incident was released */
    char incident[INCIDENT_ID_SIZE];
    char file[64];
};
struct ipc_quarantine {
    uint64_t id; /* the parent's own; comes back with the answer */
    struct quarantine_request request;
};
struct ipc_quarantined {
    uint64_t id;
    struct quarantine_answer answer;
};
struct ipc_engines {
    uint32_t count;
    struct engine_state at[CONF_LIST_MAX];
};
struct ipc_held {
    uint64_t incidents;
    uint64_t free_bytes, free_files; /* of its file system; UINT64_MAX: not known, or not counted */
};
struct ipc_loaded {
    char signatures[64]; /* their version, for people */
    int64_t published_s; /* Unix time of the newest of them; 0: unknown */
};
struct ipc_worker {
    uint32_t index; /* slot; the end of its channel comes along. An earlier worker of this slot is dead */
};
struct ipc_check {
    uint64_t id;
    uint64_t size;
    uint64_t deadline_ms;
    uint8_t kind; /* enum message_kind */
};

/* X(kind, from, to, payload struct, carries a descriptor) */
#define IPC_TABLE(X)                                                                                         \
    X(PEER, PARENT, ANY, ipc_peer, true)      /* at start and whenever a peer was restarted */               \
    X(LEAVE, PARENT, RELAY, ipc_peer, false)  /* it is replaced: ask it nothing more, let it go when it owes \
                                                 nothing */                                                  \
    X(RETIRE, PARENT, RELAY, ipc_none, false) /* accept nobody more; exit 0 after the last session */        \
    X(STOP, PARENT, ANY, ipc_none, false)     /* finish what is in hand, then exit 0 */                      \
    X(READY, ANY, PARENT, ipc_none, false)    /* once, when requests can be served */                        \
    X(PING, PARENT, ANY, ipc_none, false)     /* a sign of life is asked for; proc/ipc/ipc answers */        \
    X(PONG, ANY, PARENT, ipc_none, false)     /* exactly one for each PING */                                \
    X(ACCUSE, ANY, PARENT, ipc_peer, false)   /* that process broke this table: kill it */                   \
    X(SCAN, RELAY, SCAN, ipc_scan, true)                                                                     \
    X(VERDICT, SCAN, RELAY, ipc_verdict, false) /* exactly one for each SCAN */                              \
    X(VERDICT_TABLE, SCAN, RELAY, ipc_verdict_table,                                                         \
      true)                                   /* once, at the beginning, where verdicts are remembered */    \
    X(READ, RELAY, READER, ipc_read, true)    /* only of messages that are not clean */                      \
    X(FACTS, READER, RELAY, ipc_facts, false) /* exactly one for each READ */                                \
    X(STORE, RELAY, KEEPER, ipc_store, true)                                                                 \
    X(STORED, KEEPER, RELAY, ipc_stored, false)            /* exactly one for each STORE, after fsync */     \
    X(QUARANTINE, PARENT, KEEPER, ipc_quarantine, false)   /* an administrator's, by the control socket */   \
    X(QUARANTINED, KEEPER, PARENT, ipc_quarantined, false) /* exactly one for each QUARANTINE */             \
    X(ASK_HELD, PARENT, KEEPER, ipc_none, false)           /* `status` wants to know */                      \
    X(HELD, KEEPER, PARENT, ipc_held, false)               /* exactly one for each ASK_HELD */               \
    X(ASK_ENGINES, PARENT, SCAN, ipc_none, false)          /* `status` wants to know */                      \
    X(ENGINES, SCAN, PARENT, ipc_engines, false)           /* exactly one for each ASK_ENGINES */            \
    X(TEST_SCAN, PARENT, SCAN, ipc_scan, true)             /* an administrator's message */                  \
    X(TESTED, SCAN, PARENT, ipc_verdict, false)            /* exactly one for each TEST_SCAN */              \
    X(LOADED, CLAMAV, SCAN, ipc_loaded, false)             /* before the first WORKER */                     \
    X(WORKER, CLAMAV, SCAN, ipc_worker, true)              /* a worker was forked */                         \
    X(KILL, SCAN, CLAMAV, ipc_worker, false)     /* past the hard deadline: SIGKILL, fork another */         \
    X(CHECK, SCAN, WORKER, ipc_check, true)      /* one at a time */                                         \
    X(CHECKED, WORKER, SCAN, ipc_verdict, false) /* exactly one for each CHECK */

enum ipc_kind {
#define X(kind, from, to, payload, fd) IPC_##kind,
    IPC_TABLE(X)
#undef X
        IPC_KIND_COUNT
};

enum { IPC_PAYLOAD_MAX = sizeof(struct ipc_facts) };

struct ipc;

struct ipc_handlers {
    /* A permitted message. payload is aligned and of its kind's size, valid during the call; fd (or -1) is
     * the handler's to close. */
    void (*message)(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd);
    /* The channel is at its end, by the peer's death or by its violation; free it (ipc_free), also from
     * within. */
    void (*closed)(void *context, struct ipc *ipc);
};

/* Takes fd. `self` and `peer` decide what may be sent and received. */
struct ipc *ipc_new(struct event_base *base, int fd, enum role self, enum role peer, unsigned peer_index,
                    const struct ipc_handlers *handlers, void *context);
void ipc_free(struct ipc **ipc);
enum role ipc_peer_role(const struct ipc *ipc);
unsigned ipc_peer_index(const struct ipc *ipc);

/* Sends, or queues while the socket is full. fd is duplicated by the kernel and stays the caller's (it may be
 * closed at once: a queued message keeps a duplicate); -1 where the table wants none. Sending what the table
 * does not permit is a fault of ours: assert. A channel that is at its end swallows it; `closed` follows. */
void ipc_send(struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd);

/* The handler found a message permitted in form but not now (an answer nobody waits for): logs the violation,
 * closes the channel (closed follows from the event loop) and leaves ipc_is_accused true. */
void ipc_violation(struct ipc *ipc, const char *what);
bool ipc_is_accused(const struct ipc *ipc);
/* From `closed`, when it is accused: has the parent kill that peer. For peers that are the parent's children.
 */
void ipc_accuse(struct ipc *parent, const struct ipc *accused);

const char *role_name(enum role role);

#endif
