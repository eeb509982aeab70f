/* local_socket: a named socket on this machine (SOCK_SEQPACKET, unix(7)), and the identity of its peer.
 *
 * Every user may connect. The kernel reports the peer's identity (SO_PEERCRED, SO_PEERGROUPS), and the caller
 * decides whether to refuse. So a refusal can be answered and logged. */
#ifndef POSTERN_NET_LOCAL_SOCKET_H
#define POSTERN_NET_LOCAL_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { LOCAL_GROUPS_MAX = 64 };

struct local_peer {
    pid_t pid;
    uid_t uid;
    size_t group_count;
    gid_t groups[LOCAL_GROUPS_MAX]; /* the first is the primary one */
};

/* Returns a listening socket, non-blocking and close-on-exec. Replaces a socket file on which no process
 * listens. -1 with errno; EADDRINUSE: another process listens there. */
int local_listen(const char *path);
/* Returns a connection, non-blocking and close-on-exec. -1 with errno; EAGAIN: no connection is waiting. */
int local_accept(int fd, struct local_peer *peer);
/* Returns a blocking connection. -1 with errno; ENOENT and ECONNREFUSED: no process listens. */
int local_connect(const char *path);
/* Returns the process that listens at the other end of a connection; 0: unknown. */
pid_t local_listener(int fd);

bool local_peer_has_group(const struct local_peer *peer, gid_t group);
/* Returns whether the peer's process is `ancestor` or a descendant of it. Also true if the peer has ended, or
 * has too many ancestors to tell. */
bool local_peer_is_below(const struct local_peer *peer, pid_t ancestor);

#endif
