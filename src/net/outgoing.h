/* outgoing: sockets towards servers that are to be told from others: by a mark [I3], or by bearing the
 * client's address instead of ours [I1].
 *
 * SO_MARK is for CAP_NET_RAW since Linux 5.17 only. A foreign address (IP_TRANSPARENT, IPV6_TRANSPARENT) is
 * bound with a port that the kernel chooses, but never the client's own: both halves would be one connection
 * for connection tracking, here and on every router between. */
#ifndef POSTERN_NET_OUTGOING_H
#define POSTERN_NET_OUTGOING_H

#include "sys/privileges.h"

#include <stdint.h>
#include <sys/socket.h>

struct outgoing {
    uint32_t mark;                 /* 0: none */
    const struct sockaddr *source; /* address and port of the client, of the server's family; NULL: our own */
};

/* A TCP socket, non-blocking and close-on-exec; -1 with errno. */
int outgoing_socket(int family, const struct outgoing *outgoing);

/* Would a process that became `who`, and kept what it needs, be let? 0, or errno. Without root it is asked as
 * ourselves. */
int outgoing_probe(const struct outgoing *outgoing, const struct identity *who);

#endif
