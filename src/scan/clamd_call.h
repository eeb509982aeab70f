/* clamd_call: one command to clamd, and its answer.
 *
 * A connection of its own for each, to the first of the addresses that takes it: clamd's Unix socket (the
 * message goes as a descriptor, zFILDES) or its TCP port (the message goes as a stream, zINSTREAM). Never
 * blocks. An answer is everything up to its NUL; a connection that ends before is BROKEN. An answer that
 * comes while we are still streaming counts: clamd says so when it has had enough. */
#ifndef POSTERN_SCAN_CLAMD_CALL_H
#define POSTERN_SCAN_CLAMD_CALL_H

#include "base/span.h"
#include "conf/conf.h"

#include <event2/event.h>

struct clamd_call;

enum clamd_call_end {
    CLAMD_CALL_ANSWERED,
    CLAMD_CALL_UNREACHABLE, /* no address took the connection */
    CLAMD_CALL_BROKEN,      /* it ended, or sent more than an answer */
    CLAMD_CALL_UNREADABLE,  /* the message: shorter than was said, or reading failed */
    CLAMD_CALL_LATE,        /* the deadline passed */
};

struct clamd_call_result {
    enum clamd_call_end end;
    bool is_stream;     /* zINSTREAM was used */
    struct span answer; /* with CLAMD_CALL_ANSWERED; valid during the call of done */
    int error;          /* errno, where there is one */
    pid_t process;      /* that listens at the Unix socket; 0: unknown */
};

/* Called once, from the event loop; the call is freed afterwards. */
typedef void clamd_call_done(void *context, const struct clamd_call_result *result);

/* fd -1: zVERSION. The descriptor stays the caller's and has to stay open until done. */
struct clamd_call *clamd_call_start(struct event_base *base, const struct inet_sockets *sockets, int fd,
                                    uint64_t size, uint64_t deadline_ms, clamd_call_done *done,
                                    void *context);
/* Nobody wants to know any more. */
void clamd_call_cancel(struct clamd_call **call);

#endif
