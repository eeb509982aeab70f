/* conn: one TCP connection on the event loop: its descriptor, unconsumed input, and output waiting to be
 * sent.
 *
 * Reading goes through one scratch block of the process; only unconsumed bytes are kept, so an idle
 * connection holds no buffer. The owner turns reading on and off (back-pressure: what is not read stays with
 * the peer's TCP). Written bytes wait in an evbuffer and are sent by conn_flush, which the owner calls when
 * it has written all it has. Either direction can be closed alone. TCP_NODELAY and keep-alive are set [I4].
 *
 * Callbacks come from the event loop only, never from within a call of the owner. */
#ifndef POSTERN_NET_CONN_H
#define POSTERN_NET_CONN_H

#include "base/buf.h"
#include "net/conn_transport.h"
#include "net/outgoing.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <stdint.h>
#include <sys/socket.h>

struct conn;

struct conn_handlers {
    void (*connected)(void *context, struct conn *conn);
    /* Bytes were read, or can be consumed again: the owner reads them from conn_input and calls conn_take. */
    void (*readable)(void *context, struct conn *conn);
    void (*ended)(void *context,
                  struct conn *conn); /* the peer's last byte was read; it may still be in the input */
    void (*drained)(void *context, struct conn *conn);           /* all output has been sent */
    void (*failed)(void *context, struct conn *conn, int error); /* errno; the connection is unusable */
    /* Bytes have arrived; the owner reads them with conn_receive in the same iteration of the event loop.
     * NULL: they are read at once. */
    void (*arrived)(void *context, struct conn *conn);
};

enum conn_ending {
    CONN_ENDING_NONE,
    CONN_ENDING_WANTED, /* when no output waits */
    CONN_ENDING_SENT,   /* by the transport; the socket is shut down after that */
};

struct conn {
    int fd;
    bool connecting, reading, at_end, failed;
    struct event *read_event, *write_event;
    bool borrows;                   /* the waiting output may include borrowed bytes */
    struct evbuffer *out;           /* NULL: nothing waits */
    struct buf in;                  /* read, not consumed */
    struct span fresh;              /* in the scratch block, while `readable` runs and `in` is empty */
    uint64_t octets_in, octets_out; /* that the socket has given and taken since the beginning */
    const struct conn_handlers *handlers;
    void *context;
    /* conn_transport.h describes these. */
    const struct conn_transport *transport;
    void *transport_state;
    size_t held_in, held_out;
    short receive_awaits, send_awaits;
    enum conn_ending ending; /* of the direction to the peer */
};

enum { CONN_SCRATCH_BYTES = 65536 };

/* Takes fd, connected and non-blocking. Nothing is read until conn_read turns reading on. */
void conn_init(struct conn *conn, struct event_base *base, int fd, const struct conn_handlers *handlers,
               void *context);
/* Starts to connect; `connected` or `failed` follows. False with errno: it failed at once. */
bool conn_init_connect(struct conn *conn, struct event_base *base, const struct sockaddr *to, socklen_t size,
                       const struct outgoing *outgoing, const struct conn_handlers *handlers, void *context);
/* Switches to another transport and takes its state; `connected` or `failed` follows, and until then nothing
 * is read. No output may be waiting, and conn_input must be empty: bytes that the peer sent before the switch
 * belong to the new transport, and its creator has taken them. */
void conn_set_transport(struct conn *conn, const struct conn_transport *transport, void *state);
/* For a transport: its handshake can continue without an event of the socket. */
void conn_resume(struct conn *conn);
/* Closes at once; waiting output is lost. May be called on a zeroed conn with fd -1. */
void conn_fini(struct conn *conn);

static inline bool conn_is_open(const struct conn *conn)
{
    return conn->fd >= 0 && !conn->failed;
}

void conn_read(struct conn *conn, bool on);
void conn_receive(struct conn *conn);
struct span conn_input(const struct conn *conn);
void conn_take(struct conn *conn, size_t n);
/* Discards all input that has arrived, including what the kernel holds. For plain connections only. */
void conn_drop_input(struct conn *conn);

void conn_write(struct conn *conn, struct span bytes);
/* Unix sockets: sends a NUL with a descriptor, at once, after earlier output, none of which may be waiting.
 * False with errno. */
bool conn_send_descriptor(struct conn *conn, int fd);
/* As conn_write without a copy: the bytes must stay valid until no output waits, or until conn_keep has
 * copied them. */
void conn_write_borrowed(struct conn *conn, struct span bytes);
void conn_keep(struct conn *conn);
size_t conn_waiting(const struct conn *conn);
/* Octets that the peer has acknowledged since the beginning. The kernel buffers megabytes and wakes a writer
 * only when much of that is free: this distinguishes a slow peer from one that has stopped. */
uint64_t conn_acked_bytes(const struct conn *conn);
/* Sends what the socket takes; the event loop sends the rest, and detects a failure. */
void conn_flush(struct conn *conn);
/* Closes this direction when no output waits; nothing may be written after it. */
void conn_shutdown_write(struct conn *conn);

#endif
