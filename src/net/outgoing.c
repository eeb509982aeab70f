#include "net/outgoing.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

union address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

static socklen_t size_of(const struct sockaddr *address)
{
    return address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

static in_port_t *port_of(union address *address)
{
    return address->any.sa_family == AF_INET6 ? &address->in6.sin6_port : &address->in.sin_port;
}

static bool bind_foreign(int fd, const struct sockaddr *source)
{
    bool is_ipv6 = source->sa_family == AF_INET6;
    union address address;
    int on = 1;

    memcpy(&address, source, size_of(source));
    *port_of(&address) = 0;
    return setsockopt(fd, is_ipv6 ? SOL_IPV6 : SOL_IP, is_ipv6 ? IPV6_TRANSPARENT : IP_TRANSPARENT, &on,
                      sizeof on) == 0 &&
           bind(fd, &address.any, size_of(source)) == 0;
}

static bool prepare(int fd, const struct outgoing *outgoing)
{
    return (!outgoing->mark ||
            setsockopt(fd, SOL_SOCKET, SO_MARK, &outgoing->mark, sizeof outgoing->mark) == 0) &&
           (!outgoing->source || bind_foreign(fd, outgoing->source));
}

static void close_keeping_errno(int fd)
{
    int saved = errno;

    close(fd);
    errno = saved;
}

static int open_socket(int family, const struct outgoing *outgoing)
{
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || prepare(fd, outgoing))
        return fd;
    close_keeping_errno(fd);
    return -1;
}

static bool has_client_port(int fd, const struct sockaddr *source)
{
    union address client, name = {0};
    socklen_t size = sizeof name;

    memcpy(&client, source, size_of(source));
    return getsockname(fd, &name.any, &size) == 0 && *port_of(&name) == *port_of(&client);
}

/* If the kernel has happened to choose the client's port, opens a second socket. This gets another port,
 * because the first socket is still open. */
int outgoing_socket(int family, const struct outgoing *outgoing)
{
    int fd = open_socket(family, outgoing), second;

    if (fd < 0 || !outgoing->source || !has_client_port(fd, outgoing->source))
        return fd;
    second = open_socket(family, outgoing);
    close_keeping_errno(fd);
    return second;
}

static int attempt(const struct outgoing *outgoing)
{
    int fd = outgoing_socket(outgoing->source ? outgoing->source->sa_family : AF_INET, outgoing);

    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}

/* The exit status is 0 or an errno. */
static void exit_with_result(const struct outgoing *outgoing, const struct identity *identity)
{
    _exit(privileges_drop(identity, PRIVILEGES_NET_RAW) ? attempt(outgoing) : EPERM);
}

int outgoing_probe(const struct outgoing *outgoing, const struct identity *identity)
{
    int error = attempt(outgoing), status;
    pid_t pid;

    if (error || geteuid() != 0)
        return error;
    pid = fork();
    if (pid < 0)
        return errno;
    if (pid == 0)
        exit_with_result(outgoing, identity);
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return EPERM;
    return WEXITSTATUS(status);
}
