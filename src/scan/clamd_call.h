/* clamd_call: sends one command to clamd and receives its reply.
 *
 * Each call opens a connection of its own, to the first of the addresses that accepts it: clamd's Unix socket
 * (the message is passed as a descriptor, zFILDES) or its TCP port (the message is streamed, zINSTREAM).
 * Never blocks. A reply is everything up to the NUL; a connection that ends before the NUL is BROKEN. A reply
 * that arrives while the message is still being streamed is valid: clamd sends one when the stream exceeds
 * its limit. */
#ifndef POSTERN_SCAN_CLAMD_CALL_H
#define POSTERN_SCAN_CLAMD_CALL_H

#include "base/span.h"
#include "conf/conf.h"

#include <event2/event.h>

struct clamd_call;

enum clamd_call_end {
    CLAMD_CALL_ANSWERED,
    CLAMD_CALL_UNREACHABLE, /* no address took the connection */
    CLAMD_CALL_BROKEN,      /* the connection ended early, or clamd sent more than one reply */
    CLAMD_CALL_UNREADABLE,  /* the message is shorter than `size`, or reading it failed */
    CLAMD_CALL_LATE,        /* the deadline has passed */
};

struct clamd_call_result {
    enum clamd_call_end end;
    bool is_stream;     /* zINSTREAM was used */
    struct span answer; /* only if CLAMD_CALL_ANSWERED; valid while done runs */
    int error;          /* errno; 0: none */
    pid_t process;      /* the process that listens on the Unix socket; 0: unknown */
};

/* Called once, from the event loop; the call is freed afterwards. */
typedef void clamd_call_done(void *context, const struct clamd_call_result *result);

/* fd -1: sends zVERSION. The caller keeps the descriptor and must leave it open until done is called. */
struct clamd_call *clamd_call_start(struct event_base *base, const struct inet_sockets *sockets, int fd,
                                    uint64_t size, uint64_t deadline_ms, clamd_call_done *done,
                                    void *context);
/* Ends the call without calling done. */
void clamd_call_cancel(struct clamd_call **call);

#endif
