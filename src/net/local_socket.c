#include "net/local_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* SEND_BYTES: enough for the status packets of many processes. */
enum { BACKLOG = 64, SEND_BYTES = 1 << 20, ANCESTORS_MAX = 64 };

static bool set_path(struct sockaddr_un *address, const char *path)
{
    size_t n = strlen(path);

    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (n >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(address->sun_path, path, n);
    return true;
}

static int close_keeping_errno(int fd)
{
    int saved = errno;

    close(fd);
    errno = saved;
    return -1;
}

int local_connect(const char *path)
{
    struct sockaddr_un address;
    int fd;

    if (!set_path(&address, path))
        return -1;
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    return close_keeping_errno(fd);
}

/* If there is a socket file on which no process listens, removes it. If there is no file, returns true. False
 * with errno: EADDRINUSE if a process listens, EEXIST if the file is no socket, or the error of connect or
 * unlink. */
static bool remove_stale(const char *path)
{
    int fd = local_connect(path);
    struct stat status;

    if (fd >= 0) {
        close(fd);
        errno = EADDRINUSE;
        return false;
    }
    if (errno == ECONNREFUSED && lstat(path, &status) == 0 && S_ISSOCK(status.st_mode))
        return unlink(path) == 0;
    if (errno == ECONNREFUSED)
        errno = EEXIST;
    return errno == ENOENT;
}

/* Sets the mode by the umask. A chmod could change another file that was put at the path meanwhile. */
static bool bind_for_all(int fd, const struct sockaddr_un *address)
{
    mode_t before = umask(0111);
    bool is_bound = bind(fd, (const struct sockaddr *)address, sizeof *address) == 0;

    umask(before);
    return is_bound;
}

int local_listen(const char *path)
{
    struct sockaddr_un address;
    int fd;

    if (!set_path(&address, path) || !remove_stale(path))
        return -1;
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || (bind_for_all(fd, &address) && listen(fd, BACKLOG) == 0))
        return fd;
    return close_keeping_errno(fd);
}

static bool identify(int fd, struct local_peer *peer)
{
    struct ucred credentials;
    socklen_t size = sizeof credentials, groups_size = sizeof peer->groups - sizeof *peer->groups;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
        return false;
    *peer = (struct local_peer){
        .pid = credentials.pid, .uid = credentials.uid, .group_count = 1, .groups = {credentials.gid}};
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, peer->groups + 1, &groups_size) == 0)
        peer->group_count += groups_size / sizeof *peer->groups;
    return true;
}

pid_t local_listener(int fd)
{
    struct ucred credentials;
    socklen_t size = sizeof credentials;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 ? credentials.pid : 0;
}

int local_accept(int fd, struct local_peer *peer)
{
    int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), bytes = SEND_BYTES;

    if (accepted < 0)
        return -1;
    if (!identify(accepted, peer))
        return close_keeping_errno(accepted);
    /* Only a process with CAP_NET_ADMIN may exceed net.core.wmem_max. Any other process gets a buffer of at
     * most that size, which is enough for the status of fewer processes. */
    if (setsockopt(accepted, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) != 0)
        (void)setsockopt(accepted, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    return accepted;
}

bool local_peer_has_group(const struct local_peer *peer, gid_t group)
{
    for (size_t i = 0; i < peer->group_count; i++)
        if (peer->groups[i] == group)
            return true;
    return false;
}

/* Returns 0 if the process has no parent, or if this cannot be read, for example because the process has
 * ended. The process name in /proc/PID/stat is in parentheses, and may itself contain any characters
 * (proc(5)). */
static pid_t parent_of(pid_t pid)
{
    char path[32], text[512], *end;
    ssize_t n = -1;
    int fd;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        n = read(fd, text, sizeof text - 1);
        close(fd);
    }
    if (n <= 0)
        return 0;
    text[n] = '\0';
    end = strrchr(text, ')');
    return end && strlen(end) > 4 ? (pid_t)strtol(end + 4, NULL, 10) : 0;
}

bool local_peer_is_below(const struct local_peer *peer, pid_t ancestor)
{
    pid_t pid = peer->pid;

    for (int i = 0; i < ANCESTORS_MAX && pid != ancestor; i++) {
        if (pid == 1)
            return false;
        pid = parent_of(pid);
        if (pid == 0) /* at i = 0 the peer has ended; later there is no further ancestor */
            return i == 0;
    }
    return true;
}
