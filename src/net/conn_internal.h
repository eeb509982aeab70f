/* conn_internal: what conn.c (a connection, and what is read) and conn_out.c (what is written) share. */
#ifndef POSTERN_NET_CONN_INTERNAL_H
#define POSTERN_NET_CONN_INTERNAL_H

#include "net/conn.h"

/* What the socket takes of what waits. True when nothing waits any more; *error: the connection failed, 0: it
 * takes no more now. */
bool conn_send_waiting(struct conn *conn, int *error);

#endif
