/* conn_transport: the layer between a conn's socket and its buffers. The plain transport passes bytes
 * unchanged; another transforms them, for example by TLS. A transport is a table of functions. The conn owns
 * its state.
 *
 * conn_set_transport sets a transport at the beginning or in mid-session (STLS). A transport other than plain
 * uses the table and the conn's fields as follows:
 *
 * - Handshake. After conn_set_transport the conn is `connecting`. The owner may write, but its bytes wait,
 *   and receive is not called. send is called without pieces until it returns 0; then `connected` is called.
 * - Waiting. A function that cannot continue returns -1 with errno EAGAIN. receive is called again when the
 *   socket is ready for the event in conn->receive_awaits, and send when it is ready for the event in
 *   conn->send_awaits. The conn sets these to EV_READ and EV_WRITE before each call; the function may change
 *   them. So receive can wait until the socket is writable. send can wait until the socket is readable, even
 *   while the owner does not read. In a handshake, send may set 0: then the transport waits for something
 *   else, and will call conn_resume. Meanwhile the conn does not notice the peer's end, so the owner must set
 *   a time limit.
 * - Held output. conn->held_out counts the octets that the transport has taken and not yet passed to the
 *   socket, before or after the transformation. While it is not 0, conn_waiting includes it, send is called
 *   when the socket is writable, and `drained` is not called. Output that receive or shutdown causes (a key
 *   update, close_notify) is held in the same way.
 * - Held input. conn->held_in is nonzero if receive can produce octets from input that the transport has
 *   already read from the socket. No event of the socket reports such input. The conn calls receive again as
 *   soon as the owner reads.
 * - Half close. When the transport has taken all that the owner wrote, shutdown adds the transport's last
 *   octets to held_out. The conn sends them, then shuts the socket down. conn_fini does not send them.
 *   receive returns 0 at the peer's end; the transport decides whether an end without close_notify is an
 *   error.
 * - Errors. A function that fails sets errno, or EPROTO if no other value fits. `failed` gets this value.
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
    /* Stores at most `capacity` octets for the owner and returns how many. 0: the peer's end. -1 with
     * errno. */
    ssize_t (*receive)(struct conn *conn, void *into, size_t capacity);
    /* Takes octets of the owner, sends or holds them, and returns how many it took. -1 with errno. Called
     * without pieces, continues the handshake and sends what is held; returns 0 when nothing is left to
     * do. */
    ssize_t (*send)(struct conn *conn, struct iovec *pieces, size_t count);
    /* Called when the owner has nothing more to send. NULL: no action is needed. */
    void (*shutdown)(struct conn *conn);
    /* Frees conn->transport_state. NULL: the transport has no state. */
    void (*free)(void *state);
};

extern const struct conn_transport conn_transport_plain;

/* The functions receive and send of the plain transport. */
ssize_t conn_transport_receive(struct conn *conn, void *into, size_t capacity);
ssize_t conn_transport_send(struct conn *conn, struct iovec *pieces, size_t count);

#endif
