/* conn: one TCP connection on the event loop: a descriptor, what was read and not taken, what waits to be
 * written.
 *
 * Reading goes through one scratch block of the process; only what nobody took yet is kept, so an idle
 * connection holds no buffer. The owner says whether it wants bytes (back-pressure: what is not read stays
 * with the peer's TCP); written bytes wait in an evbuffer and leave at conn_flush, which the owner calls once
 * it has said all it has to say. Either direction can end alone. TCP_NODELAY and keep-alive are set [I4].
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
    /* Bytes were read, or can now be taken again: the owner takes from conn_input with conn_take. */
    void (*readable)(void *context, struct conn *conn);
    void (*ended)(void *context,
                  struct conn *conn); /* the peer's last byte was read; it may lie in the input still */
    void (*drained)(void *context, struct conn *conn);           /* all that was written has left */
    void (*failed)(void *context, struct conn *conn, int error); /* errno; the connection is of no more use */
    /* Bytes have come; the owner has them read with conn_receive in the same turn of the event loop. NULL:
     * they are read at once. */
    void (*arrived)(void *context, struct conn *conn);
};

enum conn_ending {
    CONN_ENDING_NONE,
    CONN_ENDING_WANTED, /* when nothing waits any more */
    CONN_ENDING_SENT,   /* by the transport; the socket is shut down when that has left */
};

struct conn {
    int fd;
    bool connecting, reading, at_end, failed;
    struct event *read_event, *write_event;
    bool borrows;                   /* some of what waits may be the owner's */
    struct evbuffer *out;           /* NULL: nothing waits */
    struct buf in;                  /* read, not taken */
    struct span fresh;              /* in the scratch, while `readable` runs and `in` is empty */
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

/* Takes fd, connected and non-blocking. Nothing is read until conn_read is told to. */
void conn_init(struct conn *conn, struct event_base *base, int fd, const struct conn_handlers *handlers,
               void *context);
/* Begins to connect; `connected` or `failed` follows. False with errno: it could not even begin. */
bool conn_init_connect(struct conn *conn, struct event_base *base, const struct sockaddr *to, socklen_t size,
                       const struct outgoing *outgoing, const struct conn_handlers *handlers, void *context);
/* Puts another transport below, whose state is taken; `connected` or `failed` follows, and until then nothing
 * is read. Nothing may wait to be written, and nothing may be left in conn_input: what the peer sent before
 * the switch belongs to the new transport, so its maker has taken it. */
void conn_set_transport(struct conn *conn, const struct conn_transport *transport, void *state);
/* For a transport: its handshake can go on, though the socket has no news. */
void conn_resume(struct conn *conn);
/* Closes at once; what waits to be written is lost. Safe on one that was never initialised but zeroed with fd
 * -1. */
void conn_fini(struct conn *conn);

static inline bool conn_is_open(const struct conn *conn)
{
    return conn->fd >= 0 && !conn->failed;
}

void conn_read(struct conn *conn, bool on);
void conn_receive(struct conn *conn);
struct span conn_input(const struct conn *conn);
void conn_take(struct conn *conn, size_t n);
/* Drops what has arrived until now, what the kernel holds included. Of a plain connection only. */
void conn_drop_input(struct conn *conn);

void conn_write(struct conn *conn, struct span bytes);
/* Unix sockets: a NUL that carries a descriptor, at once, behind what was written; nothing may wait. False
 * with errno. */
bool conn_send_descriptor(struct conn *conn, int fd);
/* The same without a copy: the bytes stay as they are until nothing waits any more, or conn_keep has copied
 * what does. */
void conn_write_borrowed(struct conn *conn, struct span bytes);
void conn_keep(struct conn *conn);
size_t conn_waiting(const struct conn *conn);
/* Octets that the peer has taken since the beginning. The kernel holds back megabytes, and wakes nobody
 * before it has room for much more: this tells a slow peer from one that has stopped. */
uint64_t conn_acked_bytes(const struct conn *conn);
/* Writes what the socket takes; the event loop goes on with the rest, and finds out if the connection failed.
 */
void conn_flush(struct conn *conn);
/* Ends this direction as soon as nothing waits to be written; nothing may be written after it. */
void conn_shutdown_write(struct conn *conn);

#endif
