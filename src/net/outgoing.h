/* outgoing: sockets for connections to servers that can be distinguished from others: by a mark [I3], or
 * because they have the client's address instead of ours [I1].
 *
 * CAP_NET_RAW is enough for SO_MARK only since Linux 5.17. A foreign address (IP_TRANSPARENT,
 * IPV6_TRANSPARENT) is bound with a port that the kernel chooses, never with the client's own port: otherwise
 * both connections would have the same tuple in conntrack, here and on every router in between. */
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

/* 0 if a process that became `identity` and kept the necessary capability could do this; otherwise errno.
 * Without root it is tested as the current user. */
int outgoing_probe(const struct outgoing *outgoing, const struct identity *identity);

#endif
