/* local_socket: a named socket on this machine (SOCK_SEQPACKET, unix(7)), and who is at its other end.
 *
 * Everybody may connect: who is there is what the kernel says (SO_PEERCRED, SO_PEERGROUPS), and the caller
 * decides. So a refusal can be told and logged. */
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

/* Non-blocking, close-on-exec. A name that nobody listens at is taken over. -1 with errno; EADDRINUSE:
 * somebody listens there. */
int local_listen(const char *path);
/* Non-blocking, close-on-exec. -1 with errno: nobody (EAGAIN), or one that is gone again. */
int local_accept(int fd, struct local_peer *peer);
/* Blocking. -1 with errno; ENOENT and ECONNREFUSED: nobody is there. */
int local_connect(const char *path);
/* Of a connection: the process that listens there; 0: unknown. */
pid_t local_listener(int fd);

bool local_peer_has_group(const struct local_peer *peer, gid_t group);
/* Is the peer's process `ancestor`, or was it started below it? A peer that is gone counts as one. */
bool local_peer_is_below(const struct local_peer *peer, pid_t ancestor);

#endif
