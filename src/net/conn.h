/* conn: one connection (TCP or Unix) on the event loop: its descriptor, unconsumed input, and output waiting
 * to be sent.
 *
 * Bytes are read into a scratch block that all connections share. Only bytes that the owner does not consume
 * at once are copied, so an idle connection usually has no buffer. The owner turns reading on and off
 * (back-pressure: TCP slows the peer down). Written bytes wait in an evbuffer; conn_flush starts to send
 * them. Each direction can be closed without the other. On TCP, TCP_NODELAY and keep-alive are set [I4].
 *
 * Handlers are called from the event loop and by conn_receive, but by no other function that the owner
 * calls. */
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
    /* Bytes were read: conn_input returns them, and conn_take consumes them. */
    void (*readable)(void *context, struct conn *conn);
    /* The peer has closed its direction; its last bytes may still be in conn_input. */
    void (*ended)(void *context, struct conn *conn);
    /* The event loop has sent the last of the output. Not called if conn_flush sends the last of it. */
    void (*drained)(void *context, struct conn *conn);
    void (*failed)(void *context, struct conn *conn, int error); /* errno; the connection is unusable */
    /* Bytes, or the end, have arrived; the owner must call conn_receive in the same iteration of the event
     * loop. NULL: they are read without asking the owner. */
    void (*arrived)(void *context, struct conn *conn);
};

enum conn_ending {
    CONN_ENDING_NONE,
    CONN_ENDING_WANTED, /* conn_shutdown_write was called; output may wait */
    CONN_ENDING_SENT,   /* the transport has added its last octets; the socket is shut down after them */
};

struct conn {
    int fd;
    bool connecting, reading, at_end, failed;
    struct event *read_event, *write_event;
    bool borrows;                   /* waiting output may include borrowed bytes */
    struct evbuffer *out;           /* NULL: empty */
    struct buf in;                  /* read, not consumed */
    struct span fresh;              /* in the scratch block, while `readable` runs and `in` is empty */
    uint64_t octets_in, octets_out; /* received from (except by conn_drop_input) and sent to the socket */
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

/* Takes ownership of fd, which is connected and non-blocking. Nothing is read until conn_read turns reading
 * on. */
void conn_init(struct conn *conn, struct event_base *base, int fd, const struct conn_handlers *handlers,
               void *context);
/* Starts to connect; `connected` or `failed` follows. False with errno: the attempt failed at once. */
bool conn_init_connect(struct conn *conn, struct event_base *base, const struct sockaddr *to, socklen_t size,
                       const struct outgoing *outgoing, const struct conn_handlers *handlers, void *context);
/* Switches to another transport and takes ownership of `state`; `connected` or `failed` follows, and until
 * then nothing is read. No output may be waiting, and conn_input must be empty: bytes that the peer has
 * already sent for the new transport must be in `state`. */
void conn_set_transport(struct conn *conn, const struct conn_transport *transport, void *state);
/* Called by a transport whose handshake can continue without an event of the socket. */
void conn_resume(struct conn *conn);
/* Closes at once; waiting output is lost. May be called on a zeroed conn with fd -1. */
void conn_fini(struct conn *conn);

static inline bool conn_is_open(const struct conn *conn)
{
    return conn->fd >= 0 && !conn->failed;
}

/* Turns reading on or off. It stays off until the connection is made, and after the peer's end or a
 * failure. */
void conn_read(struct conn *conn, bool on);
void conn_receive(struct conn *conn);
struct span conn_input(const struct conn *conn);
/* Consumes the first n bytes of conn_input. */
void conn_take(struct conn *conn, size_t n);
/* Discards all input that has arrived, including that in the kernel. Only for the plain transport. */
void conn_drop_input(struct conn *conn);

void conn_write(struct conn *conn, struct span bytes);
/* For Unix sockets: sends a NUL with a descriptor at once. No output may be waiting. False with errno. */
bool conn_send_descriptor(struct conn *conn, int fd);
/* As conn_write, but without a copy: the bytes must stay valid until no output waits or conn_keep has copied
 * them. */
void conn_write_borrowed(struct conn *conn, struct span bytes);
void conn_keep(struct conn *conn);
size_t conn_waiting(const struct conn *conn);
/* Returns how many octets the peer has acknowledged. That number distinguishes a slow peer from one that has
 * stopped reading. (The kernel buffers megabytes, and reports the socket as writable only when much of that
 * buffer is free.) */
uint64_t conn_acked_bytes(const struct conn *conn);
/* Sends as much as the socket takes now. The event loop sends the rest, and reports a failure. */
void conn_flush(struct conn *conn);
/* Closes the direction to the peer when all waiting output has been sent. Nothing may be written after this
 * call. */
void conn_shutdown_write(struct conn *conn);

#endif
