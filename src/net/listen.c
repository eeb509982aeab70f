#include "net/listen.h"

#include "base/address.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

enum { BACKLOG = 4096 }; /* net.core.somaxconn is the upper limit */

static bool set(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

static int open_socket(int family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    /* Connections of an earlier run that are in TIME_WAIT must not prevent a start. */
    if (!set(fd, SOL_SOCKET, SO_REUSEADDR, 1) || (family == AF_INET6 && !set(fd, SOL_IPV6, IPV6_V6ONLY, 1))) {
        close(fd);
        return -1;
    }
    return fd;
}

bool listen_set_transparent(int fd, int family)
{
    return family == AF_INET6 ? set(fd, SOL_IPV6, IPV6_TRANSPARENT, 1) : set(fd, SOL_IP, IP_TRANSPARENT, 1);
}

static bool prepare(int fd, int family, bool transparent)
{
    return set(fd, SOL_SOCKET, SO_REUSEPORT, 1) && set(fd, SOL_SOCKET, SO_KEEPALIVE, 1) &&
           set(fd, IPPROTO_TCP, TCP_NODELAY, 1) && (!transparent || listen_set_transparent(fd, family));
}

static int close_keeping_errno(int fd)
{
    int saved = errno;

    close(fd);
    errno = saved;
    return -1;
}

int listen_open(const union inet_address *address, bool transparent)
{
    int fd = open_socket(address->any.sa_family);

    if (fd < 0)
        return -1;
    if (!prepare(fd, address->any.sa_family, transparent) ||
        bind(fd, &address->any, address_size(address)) != 0 || listen(fd, BACKLOG) != 0)
        return close_keeping_errno(fd);
    return fd;
}

bool listen_is_allowed(int family, bool transparent)
{
    int fd = open_socket(family);
    bool is_allowed;

    if (fd < 0)
        return false;
    is_allowed = prepare(fd, family, transparent);
    close_keeping_errno(fd);
    return is_allowed;
}

void listen_close(int fd)
{
    shutdown(fd, SHUT_RDWR);
    close(fd);
}

bool listen_is_free(const union inet_address *address)
{
    int fd = open_socket(address->any.sa_family);
    bool is_free;

    if (fd < 0)
        return false;
    is_free = bind(fd, &address->any, address_size(address)) == 0 && listen(fd, 1) == 0;
    close_keeping_errno(fd);
    return is_free;
}

void listen_add_failure(const union inet_address *address, struct buf *error)
{
    int reason = errno;
    char text[ADDRESS_TEXT_SIZE];

    address_format(&address->any, text);
    buf_add_format(error, "cannot listen on %s: %s", text, strerror(reason));
}
