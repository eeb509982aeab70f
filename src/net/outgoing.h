/* outgoing: sockets for connections to servers, optionally with a mark [I3], and optionally with the client's
 * address instead of ours [I1].
 *
 * CAP_NET_RAW is enough for SO_MARK only since Linux 5.17. A client's address (IP_TRANSPARENT,
 * IPV6_TRANSPARENT) is bound with a port that the kernel chooses, never with the client's port. With the
 * client's port, the client's connection and ours would have the same tuple in conntrack, here and on every
 * router that both pass. */
#ifndef POSTERN_NET_OUTGOING_H
#define POSTERN_NET_OUTGOING_H

#include "sys/privileges.h"

#include <stdint.h>
#include <sys/socket.h>

struct outgoing {
    uint32_t mark;                 /* 0: none */
    const struct sockaddr *source; /* the client's address and port, in the server's family; NULL: our own */
};

/* Returns a TCP socket, non-blocking and close-on-exec; -1 with errno. */
int outgoing_socket(int family, const struct outgoing *outgoing);

/* Returns 0 if a process with this identity and CAP_NET_RAW can open such a socket, otherwise an errno. If
 * this process is not root, tests this process itself, and ignores `identity`. */
int outgoing_probe(const struct outgoing *outgoing, const struct identity *identity);

#endif
