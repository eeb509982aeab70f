/* clamd_call: sends one command to clamd and receives its reply.
 *
 * Each call opens a connection of its own, to the first address that accepts it. Over a Unix socket, the
 * message is passed as a descriptor (zFILDES); over TCP, it is streamed (zINSTREAM). No function blocks. A
 * reply is everything up to the NUL. A reply that arrives while the message is still being streamed is valid:
 * clamd sends one when the stream exceeds its limit. */
#ifndef POSTERN_SCAN_CLAMD_CALL_H
#define POSTERN_SCAN_CLAMD_CALL_H

#include "base/span.h"
#include "conf/conf.h"

#include <event2/event.h>

struct clamd_call;

enum clamd_call_end {
    CLAMD_CALL_ANSWERED,
    CLAMD_CALL_UNREACHABLE, /* no address accepted the connection */
    CLAMD_CALL_BROKEN, /* the connection failed or ended before a reply; or the reply was too long, or bytes
                          followed it; or the descriptor could not be sent */
    CLAMD_CALL_UNREADABLE, /* the message could not be read, or is shorter than `size` */
    CLAMD_CALL_LATE,       /* the deadline has passed */
};

struct clamd_call_result {
    enum clamd_call_end end;
    bool is_stream;     /* the connection is TCP: a message is sent by zINSTREAM */
    struct span answer; /* only if CLAMD_CALL_ANSWERED; valid during the call of done */
    int error;          /* errno; 0: none */
    pid_t process;      /* the process that listens on the Unix socket; 0: unknown */
};

/* Called once, from the event loop, unless the call is cancelled. The call is freed afterwards. */
typedef void clamd_call_done(void *context, const struct clamd_call_result *result);

/* Sends the message in fd. The caller keeps fd, and must not close it before `done` is called or the call is
 * cancelled. */
struct clamd_call *clamd_call_start(struct event_base *base, const struct inet_sockets *sockets, int fd,
                                    uint64_t size, uint64_t deadline_ms, clamd_call_done *done,
                                    void *context);
/* Sends a command that needs no message, such as "zSTATS\0". The command must remain valid until `done` is
 * called or the call is cancelled. */
struct clamd_call *clamd_call_ask(struct event_base *base, const struct inet_sockets *sockets,
                                  struct span command, uint64_t deadline_ms, clamd_call_done *done,
                                  void *context);
/* Ends the call with CLAMD_CALL_LATE, unless clamd has the whole message: clamd goes on with a scan after its
 * connection was closed, so only its reply shows that the scan has ended. */
void clamd_call_stop(struct clamd_call *call);
/* Ends the call without calling `done`. Not for a call whose `done` has been called. */
void clamd_call_cancel(struct clamd_call **call);

#endif
