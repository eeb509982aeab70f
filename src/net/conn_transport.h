/* conn_transport: what stands between a conn's socket and its buffers: the bytes as they are (plain), or a
 * protocol that changes them on their way (TLS). One table per transport; its state belongs to the conn.
 *
 * conn_set_transport puts a transport in place at the beginning or in mid-session (STLS). How a transport
 * that is not plain uses the table and the conn's fields:
 *
 * - Handshake. After conn_set_transport the conn is `connecting`: the owner may write, but its bytes wait and
 *   nothing is received. send is called with no pieces until it returns 0, then `connected` is called.
 * - Waiting. A function that cannot go on returns -1 with errno EAGAIN. It is called again when the socket is
 *   what conn->receive_awaits or conn->send_awaits says: EV_READ and EV_WRITE unless the transport sets
 *   another before it returns. So receive can wait until it may write, and send until it may read, even while
 *   the owner reads nothing. 0 (send, in a handshake): it waits for something else; conn_resume goes on. The
 *   peer's end goes unnoticed meanwhile: the owner sets a time limit.
 * - Output that the socket has not taken yet: conn->held_out counts it, in octets of any kind. Until it is 0,
 *   send is called when the socket is writable, conn_waiting counts it, and the owner is not told `drained`.
 *   Output that a receive or a shutdown causes (a key update, close_notify) is held in the same way.
 * - Input that was read from the socket, decrypted or not, from which receive can make octets without reading
 *   more: conn->held_in is not 0. No event of the socket announces it; the conn calls receive again by itself
 *   as soon as the owner reads.
 * - Half close. When all that the owner wrote was taken, shutdown adds the transport's last octets to what it
 *   holds; the conn shuts the socket down once they have left. A connection that is cut (conn_fini) gets
 * none. receive returns 0 at the peer's end; whether an end without close_notify is one or an error is the
 * transport's decision.
 * - Errors. errno is reported to `failed`; EPROTO if there is none that fits.
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
    /* Takes octets of the owner and sends them, or holds them. How many it took, from the first piece on; -1:
     * errno. Without pieces it goes on with its handshake and with what it holds; 0: nothing is left. */
    ssize_t (*send)(struct conn *conn, struct iovec *pieces, size_t count);
    /* The owner has nothing more to send. NULL: there is nothing to do. */
    void (*shutdown)(struct conn *conn);
    /* Frees conn->transport_state. NULL: it has none. */
    void (*free)(void *state);
};

extern const struct conn_transport conn_transport_plain;

/* The socket itself: receive and send of the plain transport. */
ssize_t conn_transport_receive(struct conn *conn, void *into, size_t capacity);
ssize_t conn_transport_send(struct conn *conn, struct iovec *pieces, size_t count);

#endif
