/* conn_transport: the layer between a conn's socket and its buffers: plain, which passes bytes unchanged, or
 * a protocol that transforms them (TLS). One table per transport; its state belongs to the conn.
 *
 * conn_set_transport sets a transport at the beginning or in mid-session (STLS). How a transport other than
 * plain uses the table and the conn's fields:
 *
 * - Handshake. After conn_set_transport the conn is `connecting`: the owner may write, but its bytes wait and
 *   nothing is received. send is called with no pieces until it returns 0, then `connected` is called.
 * - Waiting. A function that cannot go on returns -1 with errno EAGAIN. It is called again when the socket is
 *   ready for conn->receive_awaits or conn->send_awaits: EV_READ and EV_WRITE unless the transport sets
 *   another event before it returns. So receive can wait until it may write, and send until it may read, even
 *   while the owner does not read. 0 (send, in a handshake): it waits for something else; conn_resume
 *   continues. The peer's end is not noticed meanwhile: the owner sets a time limit.
 * - Output that the socket has not taken yet: conn->held_out counts it, in octets of any kind. Until it is 0,
 *   send is called when the socket is writable, conn_waiting counts it, and `drained` is not called. Output
 *   caused by a receive or a shutdown (a key update, close_notify) is held in the same way.
 * - Input that was read from the socket, decrypted or not, and from which receive can produce octets without
 *   another read: conn->held_in is not 0. No event of the socket reports it; the conn calls receive again by
 *   itself as soon as the owner reads.
 * - Half close. When all that the owner wrote was taken, shutdown adds the transport's last octets to what it
 *   holds; the conn shuts the socket down after they are sent. A connection that is cut (conn_fini) gets
 *   none. receive returns 0 at the peer's end; whether an end without close_notify is one or an error is the
 *   transport's decision.
 * - Errors. errno is reported to `failed`; EPROTO if no other one fits.
 *
 * A transport reads and writes the socket with conn_transport_receive and conn_transport_send, which also
 * count octets_in and octets_out. It calls no handler of the conn. */
#ifndef POSTERN_NET_CONN_TRANSPORT_H
#define POSTERN_NET_CONN_TRANSPORT_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

struct conn;

struct conn_transport {
    /* At most `capacity` octets for the owner. 0: the peer has ended. -1: errno. */
    ssize_t (*receive)(struct conn *conn, void *into, size_t capacity);
    /* Takes octets of the owner and sends or holds them. Returns how many it took, from the first piece on;
     * -1: errno. Without pieces it continues its handshake and sends what it holds; 0: nothing is left. */
    ssize_t (*send)(struct conn *conn, struct iovec *pieces, size_t count);
    /* The owner has nothing more to send. NULL: no action is needed. */
    void (*shutdown)(struct conn *conn);
    /* Frees conn->transport_state. NULL: it has none. */
    void (*free)(void *state);
};

extern const struct conn_transport conn_transport_plain;

/* The socket itself: receive and send of the plain transport. */
ssize_t conn_transport_receive(struct conn *conn, void *into, size_t capacity);
ssize_t conn_transport_send(struct conn *conn, struct iovec *pieces, size_t count);

#endif
