/* conn_internal: shared by conn.c (life of a connection, reading) and conn_out.c (writing). */
#ifndef POSTERN_NET_CONN_INTERNAL_H
#define POSTERN_NET_CONN_INTERNAL_H

#include "net/conn.h"

/* Makes the event loop receive what the transport holds, if the owner reads: the socket does not report it.
 */
static inline void conn_receive_held(struct conn *conn)
{
    if (conn->reading && conn->held_in > 0 && conn->receive_awaits == EV_READ)
        event_active(conn->read_event, EV_READ, 0);
}

/* Calls the transport again when it can send more. */
void conn_await_sending(struct conn *conn);
/* Sends what the socket takes of the waiting output. True if none is left; *error: the connection failed; 0:
 * the socket takes no more now. */
bool conn_send_waiting(struct conn *conn, int *error);

#endif
