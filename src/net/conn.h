/* conn: one connection (TCP or Unix) on the event loop: its descriptor, its unconsumed input, and its output
 * that waits to be sent.
 *
 * Bytes are read into a scratch block that all connections share. Only bytes that the owner does not consume
 * in `readable` are copied, so an idle connection usually has no buffer. The owner turns reading on and off.
 * While reading is off, TCP slows the peer down (back-pressure). Written bytes wait in an evbuffer;
 * conn_flush starts to send them. Each direction can be closed without the other. On TCP, TCP_NODELAY and
 * keep-alive are set [I4].
 *
 * Handlers are called only by the event loop and by conn_receive. */
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
    /* The event loop has sent the rest of the output. Not called if conn_flush has sent all of it. */
    void (*drained)(void *context, struct conn *conn);
    void (*failed)(void *context, struct conn *conn, int error); /* errno; the connection is unusable */
    /* Bytes, or the peer's end, have arrived. The owner must call conn_receive in the same iteration of the
     * event loop. If this handler is NULL, the conn itself calls conn_receive. */
    void (*arrived)(void *context, struct conn *conn);
};

enum conn_ending {
    CONN_ENDING_NONE,
    CONN_ENDING_WANTED, /* conn_shutdown_write was called; output may wait */
    CONN_ENDING_SENT,   /* the transport has added its last octets; after them the socket is shut down */
};

struct conn {
    int fd;
    bool connecting, reading, at_end, failed;
    bool is_unwatched; /* the kernel could not watch the socket: the connection will fail */
    struct event *read_event, *write_event;
    struct event *held_event;       /* NULL: the transport is plain and holds no input */
    bool borrows;                   /* waiting output may include borrowed bytes */
    struct evbuffer *out;           /* NULL: empty */
    struct buf in;                  /* read, not consumed */
    struct span fresh;              /* in the scratch block, while `readable` runs and `in` is empty */
    uint64_t octets_in, octets_out; /* read from the socket (without conn_drop_input), and sent to it */
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

/* Takes ownership of fd, which must be connected and non-blocking. Nothing is read until conn_read turns
 * reading on. */
void conn_init(struct conn *conn, struct event_base *base, int fd, const struct conn_handlers *handlers,
               void *context);
/* Starts to connect. Later, `connected` or `failed` is called. False with errno: the attempt failed
 * immediately, and no handler is called. */
bool conn_init_connect(struct conn *conn, struct event_base *base, const struct sockaddr *to, socklen_t size,
                       const struct outgoing *outgoing, const struct conn_handlers *handlers, void *context);
/* Switches to another transport, and takes ownership of `state`. Later, `connected` or `failed` is called;
 * until then nothing is read. No output may be waiting, and conn_input must be empty. Bytes that the peer has
 * already sent for the new transport must be in `state`. */
void conn_set_transport(struct conn *conn, const struct conn_transport *transport, void *state);
/* Called by a transport whose handshake can continue without an event of the socket. */
void conn_resume(struct conn *conn);
/* Closes immediately; waiting output is lost. Has no effect if fd is -1. */
void conn_fini(struct conn *conn);

static inline bool conn_is_open(const struct conn *conn)
{
    return conn->fd >= 0 && !conn->failed;
}

/* Turns reading on or off. Reading stays off while the conn is connecting, and after the peer's end or a
 * failure. */
void conn_read(struct conn *conn, bool on);
void conn_receive(struct conn *conn);
struct span conn_input(const struct conn *conn);
/* Consumes the first n bytes of conn_input. */
void conn_take(struct conn *conn, size_t n);
/* Returns whether input has arrived that is not consumed, including that in the kernel. Only for the plain
 * transport. */
bool conn_has_input(const struct conn *conn);
/* Discards all input that has arrived, including that in the kernel. Only for the plain transport. */
void conn_drop_input(struct conn *conn);

void conn_write(struct conn *conn, struct span bytes);
/* For Unix sockets: sends a NUL with a descriptor immediately. No output may be waiting. False with errno. */
bool conn_send_descriptor(struct conn *conn, int fd);
/* Like conn_write, but without a copy. The bytes must stay valid until no output is waiting, or until
 * conn_keep has copied them. */
void conn_write_borrowed(struct conn *conn, struct span bytes);
void conn_keep(struct conn *conn);
size_t conn_waiting(const struct conn *conn);
/* Returns how many octets the peer has acknowledged. A slow peer still acknowledges octets; a peer that has
 * stopped reading does not. (Whether the socket is writable does not show this: the kernel buffers megabytes,
 * and reports the socket as writable only when much of that buffer is free.) */
uint64_t conn_acked_bytes(const struct conn *conn);
/* Sends as much as the socket takes now. The event loop sends the rest, and reports failures. */
void conn_flush(struct conn *conn);
/* Closes the direction to the peer after all waiting output has been sent. Nothing may be written after this
 * call. Has no effect while the conn is connecting. */
void conn_shutdown_write(struct conn *conn);

#endif
