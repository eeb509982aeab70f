/* conn_internal: what conn.c (a connection, and what is read) and conn_out.c (what is written) share. */
#ifndef POSTERN_NET_CONN_INTERNAL_H
#define POSTERN_NET_CONN_INTERNAL_H

#include "net/conn.h"

/* Has the event loop receive what the transport holds, if the owner reads: the socket does not announce it.
 */
static inline void conn_receive_held(struct conn *conn)
{
    if (conn->reading && conn->held_in > 0 && conn->receive_awaits == EV_READ)
        event_active(conn->read_event, EV_READ, 0);
}

/* Has the transport called again when it can send more. */
void conn_await_sending(struct conn *conn);
/* What the socket takes of what waits. True when nothing waits any more; *error: the connection failed, 0: it
 * takes no more now. */
bool conn_send_waiting(struct conn *conn, int *error);

#endif
