/* ipc: the table of all packets that our processes may send to each other, and the channels that carry them.
 *
 * A channel is a SOCK_SEQPACKET socket pair between two processes. Each end knows the roles of both
 * processes. A packet has a kind, and a payload of exactly that kind's size. It carries a descriptor if and
 * only if the table says so. Anything else is a violation: an unknown kind, a wrong size, a missing or an
 * extra descriptor, a packet that the sender may not send, an answer to a request that is not outstanding.
 * Then the channel is closed, and the peer is reported to the process that started it: to the parent by
 * ACCUSE, to the loader of a worker by KILL. That process kills the peer and starts another one. (The design
 * follows OpenSSH's monitor.)
 *
 * A mail or a file crosses a channel only as a descriptor, never as bytes or as a path. (FACTS and STORE
 * contain data from the header of a mail.) The descriptor is a memfd that is sealed against writing and
 * shrinking, or a read-only descriptor of a file. No payload contains a pointer.
 *
 * If a process has no free descriptor, it accuses no peer. A packet with a descriptor then waits in the
 * channel, and so do the packets after it. Scan lets requests wait earlier, so that some descriptors remain
 * for its engines and children. If the whole system has no free descriptor, and a packet is lost, the process
 * ends. The parent then starts another one with new channels.
 *
 * When a channel closes, its owner treats every outstanding request on it as failed. There are two
 * exceptions: a READ is sent once more, and a SIGN is sent again until it is answered. The parent restarts
 * the process that has died, and gives it and each of its peers the ends of a new channel. A channel may also
 * close although both processes live, for example because the kernel refused a packet. Then REJOIN makes the
 * parent connect the two again. */
#ifndef POSTERN_PROC_IPC_IPC_H
#define POSTERN_PROC_IPC_IPC_H

#include "base/address.h"
#include "conf/conf.h"
#include "core/incident.h"
#include "mail/mail_layout.h"
#include "scan/engine.h"
#include "quarantine/quarantine_request.h"
#include "tls/leaf_request.h"

#include <event2/event.h>

enum role {
    ROLE_PARENT,
    ROLE_RELAY,
    ROLE_SCAN,
    ROLE_CLAMAV,
    ROLE_WORKER,
    ROLE_READER,
    ROLE_KEEPER,
    ROLE_SIGNER,
    ROLE_PAGE,
    ROLE_COUNT,
    ROLE_ANY = ROLE_COUNT
};

struct ipc_none {
    uint32_t unused;
};
/* Identifies another process. PEER carries an end of a channel to it. If there is an older channel to the
 * same role and index, that channel is dead or about to close. A process keeps its index when it is
 * restarted. The process that replaces it in a change has another index. */
struct ipc_peer {
    uint32_t role, index;
};
struct ipc_scan {
    uint64_t id;
    uint64_t size;                       /* octets of the message, which is passed as a descriptor */
    uint8_t kind;                        /* enum message_kind */
    uint8_t client[ADDRESS_CLIENT_SIZE]; /* address_client; for per-client fairness */
};
/* Sent when the relay does not need the verdict any more. The SCAN is answered all the same: at once if no
 * engine has begun, otherwise when the engines have ended. When the VERDICT arrives, scan has closed the
 * message. A CANCEL that crosses the VERDICT is ignored. */
struct ipc_cancel {
    uint64_t id; /* of the SCAN */
};
struct ipc_verdict {
    uint64_t id;
    struct verdict verdict; /* after a CANCEL it is not used */
};
struct ipc_verdict_table {
    uint32_t entries; /* size of the table, which is passed as a descriptor (scan/verdict_table.h) */
};
struct ipc_read {
    uint64_t id;
    uint64_t size;
};
struct ipc_facts {
    uint64_t id;
    uint8_t ok; /* 0: the header could not be read; facts, kept and layout are empty */
    struct mail_facts facts;
    struct kept_header kept;
    struct mail_layout layout;
};
struct ipc_store {
    uint64_t id;
    uint8_t destroy; /* 1: only an incident record is made (policy delete); the message is not kept */
    struct incident incident;
};
struct ipc_stored {
    uint64_t id;
    uint8_t ok;       /* 0: storing has failed; the mail must stay on the server */
    uint8_t released; /* 1: not stored, because the incident is released; the message may be delivered */
    char incident[INCIDENT_ID_SIZE];
    char file[64];
};
struct ipc_quarantine {
    uint64_t id; /* assigned by the parent; the answer repeats it */
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
    uint64_t incidents; /* in the quarantine */
    /* Of the quarantine's file system; UINT64_MAX: unknown, or not limited. */
    uint64_t free_bytes, free_files;
};
struct ipc_loaded {
    char signatures[64]; /* version, for display */
    int64_t published_s; /* Unix time of the newest signatures; 0: unknown */
};
struct ipc_worker {
    uint32_t index; /* slot of the worker; an earlier worker of this slot is dead */
};
struct ipc_check {
    uint64_t id;
    uint64_t size;
    uint64_t deadline_ms;
    uint8_t kind; /* enum message_kind */
};

/* The key of the leaves, which is the same for all of them, and the certificate of the authority that clients
 * trust. */
struct ipc_leaf_key {
    uint16_t key_size, certificate_size;
    uint8_t key[256];          /* DER, PKCS#8 or SEC 1, as d2i_AutoPrivateKey reads it */
    uint8_t certificate[2048]; /* DER */
};

/* What a client has done with a certificate of the trusted authority. */
struct ipc_tls_client {
    uint8_t client[ADDRESS_CLIENT_SIZE]; /* address_bytes */
    uint8_t outcome;                     /* PAGE_ACCEPTED or PAGE_REJECTED */
};

/* X(kind, from, to, payload struct, carries a descriptor) */
#define IPC_TABLE(X)                                                                                        \
    X(PEER, PARENT, ANY, ipc_peer, true)           /* the end of a new channel to that process */           \
    X(PEER_LEAVES, PARENT, RELAY, ipc_peer, false) /* that process is leaving: send it no more requests */  \
    X(RETIRE, PARENT, RELAY, ipc_none, false)      /* stop accepting; exit 0 after the last session */      \
    X(STOP, PARENT, ANY, ipc_none, false)          /* finish outstanding work, then exit 0 */               \
    X(READY, ANY, PARENT, ipc_none, false)         /* once, when the sender can serve requests */           \
    X(PING, PARENT, ANY, ipc_none, false)          /* asks for a sign of life; proc/ipc/ipc.c answers it */ \
    X(PONG, ANY, PARENT, ipc_none, false)          /* exactly one for each PING */                          \
    X(ACCUSE, ANY, PARENT, ipc_peer, false)        /* that process has violated this table: kill it */      \
    X(REJOIN, ANY, PARENT, ipc_peer, false)        /* that channel has ended: if both run, make another */  \
    X(SCAN, RELAY, SCAN, ipc_scan, true)                                                                    \
    X(CANCEL, RELAY, SCAN, ipc_cancel, false)              /* may also come after the VERDICT */            \
    X(VERDICT, SCAN, RELAY, ipc_verdict, false)            /* exactly one for each SCAN */                  \
    X(VERDICT_TABLE, SCAN, RELAY, ipc_verdict_table, true) /* once, if verdicts are cached */               \
    X(READ, RELAY, READER, ipc_read, true)                 /* only for messages that are not clean */       \
    X(FACTS, READER, RELAY, ipc_facts, false)              /* exactly one for each READ */                  \
    X(STORE, RELAY, KEEPER, ipc_store, true)                                                                \
    X(STORED, KEEPER, RELAY, ipc_stored, false)     /* exactly one for each STORE, after fsync */           \
    X(LEAF_KEY, SIGNER, RELAY, ipc_leaf_key, false) /* once, before any SIGNED */                           \
    X(SIGN, RELAY, SIGNER, leaf_request, false)                                                             \
    X(SIGNED, SIGNER, RELAY, leaf_reply, false)            /* exactly one for each SIGN */                  \
    X(TLS_CLIENT, RELAY, PAGE, ipc_tls_client, false)      /* not answered */                               \
    X(QUARANTINE, PARENT, KEEPER, ipc_quarantine, false)   /* an administrator's request */                 \
    X(QUARANTINED, KEEPER, PARENT, ipc_quarantined, false) /* exactly one for each QUARANTINE */            \
    X(ASK_HELD, PARENT, KEEPER, ipc_none, false)           /* for `status` */                               \
    X(HELD, KEEPER, PARENT, ipc_held, false)               /* exactly one for each ASK_HELD */              \
    X(ASK_ENGINES, PARENT, SCAN, ipc_none, false)          /* for `status` */                               \
    X(ENGINES, SCAN, PARENT, ipc_engines, false)           /* exactly one for each ASK_ENGINES */           \
    X(TEST_SCAN, PARENT, SCAN, ipc_scan, true)             /* an administrator's message */                 \
    X(TESTED, SCAN, PARENT, ipc_verdict, false)            /* exactly one for each TEST_SCAN */             \
    X(LOADED, CLAMAV, SCAN, ipc_loaded, false)             /* before the first WORKER */                    \
    X(WORKER, CLAMAV, SCAN, ipc_worker, true)    /* a worker was forked; carries the end of its channel */  \
    X(KILL, SCAN, CLAMAV, ipc_worker, false)     /* kill that worker, fork another */                       \
    X(CHECK, SCAN, WORKER, ipc_check, true)      /* one at a time */                                        \
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
    /* Takes a permitted packet. payload is aligned, of the kind's size, and valid during the call. If fd is
     * not -1, the handler owns it and must close it. */
    void (*message)(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd);
    /* The channel has ended. If the reason is a violation by the peer, ipc_is_accused returns true. The
     * handler may free the channel (ipc_free). */
    void (*closed)(void *context, struct ipc *ipc);
};

/* Takes fd. `self` and `peer` determine which packets may be sent and received. */
struct ipc *ipc_new(struct event_base *base, int fd, enum role self, enum role peer, unsigned peer_index,
                    const struct ipc_handlers *handlers, void *context);
void ipc_free(struct ipc **ipc);
enum role ipc_peer_role(const struct ipc *ipc);
unsigned ipc_peer_index(const struct ipc *ipc);

/* Sends a packet, or queues it while the socket is full. fd: the descriptor that the table requires, or -1.
 * The caller keeps the descriptor, and may close it at once, because a queued packet has a duplicate. The
 * table must permit the packet (assert). If the channel has ended, the packet is discarded. Returns false if
 * the packet is neither sent nor queued, because no descriptor is free for the duplicate. */
bool ipc_send(struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd);

/* A handler calls this for a packet that is well-formed, but not permitted at that point, such as an
 * unexpected reply. Logs the violation, closes the channel and sets ipc_is_accused. The event loop then calls
 * `closed`. */
void ipc_violation(struct ipc *ipc, const char *what);
bool ipc_is_accused(const struct ipc *ipc);
/* Call in the `closed` handler of a channel that is accused. Asks the parent to kill the peer, which must be
 * a child of the parent. */
void ipc_accuse(struct ipc *parent, const struct ipc *accused);
/* Call in the `closed` handler if this process sends requests to the peer, or cannot work without it. If the
 * channel is accused, accuses the peer. Otherwise asks the parent for another channel. */
void ipc_report_end(struct ipc *parent, const struct ipc *ended);

const char *role_name(enum role role);

#endif
