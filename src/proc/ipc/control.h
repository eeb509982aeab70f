/* control: the protocol between an administrator's command and the running service.
 *
 * The parent listens at [postern] runtime_directory/control. A connection carries one request, any number of
 * answers, and DONE. Then the service closes it. Requests have a fixed size, so that the parent, which is
 * root, parses nothing. A message to be scanned is passed as a sealed memfd. Anything that is not in the
 * table below ends the connection.
 *
 * Requests are accepted from root, from the user that the parent runs as, from [postern] user, and from the
 * members of that user's group. Processes of the service, and their descendants, handle mail. Therefore their
 * requests are refused, unless they are root. */
#ifndef POSTERN_PROC_IPC_CONTROL_H
#define POSTERN_PROC_IPC_CONTROL_H

#include "base/buf.h"
#include "core/verdict.h"
#include "scan/engine.h"
#include "quarantine/quarantine_request.h"
#include "proc/ipc/session_stats.h"
#include "net/channel.h"

enum { CONTROL_TEXT_MAX = 480, CONTROL_NAME_MAX = 24 };

struct control_none {
    uint32_t unused;
};
struct control_scan {
    uint64_t size;         /* octets of the message, which is passed as a descriptor */
    uint8_t kind;          /* enum message_kind */
    uint8_t undeliverable; /* 1: the message has a bare-LF dot line (pop3/pop3_text.h) */
};
struct control_state {
    char version[32];
    uint64_t uptime_ms;
    uint64_t sessions; /* open at the moment */
    uint64_t counts[SESSION_STATS_COUNTERS];
    uint8_t is_ready; /* clients are served */
    uint8_t is_kept_known;
    uint64_t kept; /* incidents in the quarantine */
    /* Of the quarantine's file system; UINT64_MAX: unknown, or not limited. */
    uint64_t kept_free_bytes, kept_free_files;
};
struct control_process {
    char role[CONTROL_NAME_MAX];
    uint32_t index;
    int32_t pid; /* 0: the process does not run at the moment */
    uint8_t is_ready;
    uint8_t is_leaving; /* the process ends when its work is done, and is not restarted */
    uint32_t restarts;
    uint64_t age_ms;
};
struct control_engine {
    char name[CONTROL_NAME_MAX];
    uint8_t is_ready;
    uint8_t proof;                     /* enum engine_proof */
    char failure[ENGINE_FAILURE_SIZE]; /* how the last self test has failed; empty: no failure */
    char signatures[64];               /* empty: unknown, or none */
    int64_t published_s;               /* Unix time of the newest signatures; 0: unknown */
};
struct control_verdict {
    struct verdict verdict;
    uint8_t action; /* enum action: what the policy requires for this message */
};
struct control_text {
    char text[CONTROL_TEXT_MAX];
};
struct control_done {
    uint8_t ok; /* 0: the request has failed; the TEXTs before DONE give the reason */
};

/* X(kind, from, payload struct, carries a descriptor) */
#define CONTROL_TABLE(X)                              \
    X(STATUS, COMMAND, control_none, false)           \
    X(RELOAD, COMMAND, control_none, false)           \
    X(TEST_SCAN, COMMAND, control_scan, true)         \
    X(QUARANTINE, COMMAND, quarantine_request, false) \
    X(STATE, SERVICE, control_state, false)           \
    X(PROCESS, SERVICE, control_process, false)       \
    X(ENGINE, SERVICE, control_engine, false)         \
    X(VERDICT, SERVICE, control_verdict, false)       \
    X(QUARANTINED, SERVICE, quarantine_answer, false) \
    X(TEXT, SERVICE, control_text, false)             \
    X(DONE, SERVICE, control_done, false)

enum control_kind {
#define X(kind, from, payload, fd) CONTROL_##kind,
    CONTROL_TABLE(X)
#undef X
        CONTROL_KINDS
};

enum control_side { CONTROL_COMMAND, CONTROL_SERVICE };

struct control_message {
    enum control_kind kind;
    int carried; /* the attached descriptor, which the receiver must close; -1: none */
    union {
#define X(kind, from, payload, fd) struct payload kind;
        CONTROL_TABLE(X)
#undef X
    } as;
};

/* carried: the descriptor to attach, which the caller keeps; -1: none. */
enum channel_result control_send(int fd, enum control_kind kind, const void *payload, int carried);
/* Receives a message that `from` may send. Returns CHANNEL_BROKEN for any other message, for instance if the
 * other side is another version of the program. */
enum channel_result control_receive(int fd, enum control_side from, struct control_message *message);

/* Appends the path of the socket. */
void control_path(const char *runtime_directory, struct buf *path);

#endif
