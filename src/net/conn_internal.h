/* conn_internal: shared by conn.c (life of a connection, reading) and conn_out.c (writing). */
#ifndef POSTERN_NET_CONN_INTERNAL_H
#define POSTERN_NET_CONN_INTERNAL_H

#include "net/conn.h"

/* Makes the next iteration of the event loop receive the octets that the transport holds, because no event of
 * the socket reports them. event_active would run the event again in this iteration. Then a peer that sends
 * without a pause would keep other connections waiting. */
static inline void conn_receive_held(struct conn *conn)
{
    if (conn->reading && conn->held_in > 0 && conn->receive_awaits == EV_READ)
        event_add(conn->held_event, &(struct timeval){0});
}

/* Turns an event on. If the kernel has no memory to watch another descriptor, the connection fails in this
 * iteration of the event loop. */
static inline void conn_watch(struct conn *conn, struct event *event)
{
    if (event_add(event, NULL) == 0)
        return;
    conn->is_unwatched = true;
    event_active(conn->write_event, EV_WRITE, 0);
}

/* Waits for the event after which the transport can send more. */
void conn_await_sending(struct conn *conn);
/* Sends as much waiting output as the socket takes. Returns whether none is left. If some is left, *error is
 * the errno of a failure, or 0 if the socket takes no more now. */
bool conn_send_waiting(struct conn *conn, int *error);

#endif
