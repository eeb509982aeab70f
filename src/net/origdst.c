#include "net/origdst.h"

#include "base/address.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/netfilter_ipv4.h>
#include <unistd.h>

/* IP6T_SO_ORIGINAL_DST of linux/netfilter_ipv6/ip6_tables.h. That header conflicts with netinet/in.h in some
 * C libraries, and in glibc if it is included first. */
enum { ORIGINAL_DST_IPV6 = 80 };

/* Returns whether the destination is this listener itself. Any address of this host with a port of `listen`
 * counts as the listener. With interception = fixed and a specific `listen` address, only that address
 * counts. Another server may use the same port at another address of this host. */
static bool is_ourselves(const struct conf_listener *listener, const union inet_address *address,
                         bool (*is_own)(const union inet_address *address))
{
    bool is_fixed = listener->interception == INTERCEPTION_FIXED;

    for (size_t i = 0; i < listener->listen.n; i++) {
        const union inet_address *listen = &listener->listen.at[i];

        if (address_port(listen) != address_port(address))
            continue;
        if (is_fixed && !address_is_unspecified(listen) ? address_same_host(&listen->any, &address->any)
                                                        : is_own(address))
            return true;
    }
    return false;
}

static bool is_refused(const struct conf *conf, enum protocol_id protocol, const union inet_address *address)
{
    return !conf_is_server_port(conf, protocol, address_port(address)) || address_is_unspecified(address) ||
           address_is_loopback(address) || address_is_multicast(address) || address_is_broadcast(address);
}

enum err origdst_check(const struct conf *conf, enum protocol_id protocol, union inet_address *destination,
                       bool (*is_own)(const union inet_address *address))
{
    const struct conf_listener *listener = conf_listener_of(conf, protocol);

    address_unmap(destination);
    if (destination->any.sa_family != AF_INET && destination->any.sa_family != AF_INET6)
        return ERR_DESTINATION_UNKNOWN;
    if (listener->interception != INTERCEPTION_FIXED && is_refused(conf, protocol, destination))
        return ERR_DESTINATION_REFUSED;
    return is_ourselves(listener, destination, is_own) ? ERR_DESTINATION_REFUSED : ERR_NONE;
}

bool origdst_is_own(const union inet_address *address)
{
    struct ifaddrs *list, *at;
    bool found = address_is_loopback(address) || address_is_unspecified(address);

    /* If the addresses cannot be read, the address counts as our own. */
    if (found || getifaddrs(&list) != 0)
        return true;
    for (at = list; at && !found; at = at->ifa_next)
        found = at->ifa_addr && address_same_host(at->ifa_addr, &address->any);
    freeifaddrs(list);
    return found;
}

static bool read_tracked(int fd, union inet_address *destination)
{
    union inet_address name = {0};
    socklen_t size = sizeof name;

    if (getsockname(fd, &name.any, &size) != 0)
        return false;
    size = sizeof *destination;
    if (name.any.sa_family == AF_INET)
        return getsockopt(fd, SOL_IP, SO_ORIGINAL_DST, destination, &size) == 0;
    return getsockopt(fd, SOL_IPV6, ORIGINAL_DST_IPV6, destination, &size) == 0;
}

/* Asks for the destination of a socket that is not connected, so the kernel has no entry for it. A kernel
 * that supports the option reports ENOENT or ENOTCONN. */
bool origdst_is_tracked(int family)
{
    union inet_address destination;
    socklen_t size = sizeof destination;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), result, error;

    if (fd < 0)
        return false;
    if (family == AF_INET)
        result = getsockopt(fd, SOL_IP, SO_ORIGINAL_DST, &destination, &size);
    else
        result = getsockopt(fd, SOL_IPV6, ORIGINAL_DST_IPV6, &destination, &size);
    error = errno;
    close(fd);
    errno = error;
    return result == 0 || error == ENOENT || error == ENOTCONN;
}

static bool read_own_name(int fd, union inet_address *destination)
{
    socklen_t size = sizeof *destination;

    return getsockname(fd, &destination->any, &size) == 0;
}

static bool find(const struct conf_listener *listener, int fd, union inet_address *destination)
{
    switch (listener->interception) {
    case INTERCEPTION_REDIRECT: return read_tracked(fd, destination);
    case INTERCEPTION_TPROXY: return read_own_name(fd, destination);
    case INTERCEPTION_FIXED: *destination = listener->target.at[0]; return listener->target.n == 1;
    }
    return false;
}

enum err origdst_find(const struct conf *conf, enum protocol_id protocol, int client_fd,
                      union inet_address *destination)
{
    memset(destination, 0, sizeof *destination);
    if (!find(conf_listener_of(conf, protocol), client_fd, destination))
        return ERR_DESTINATION_UNKNOWN;
    return origdst_check(conf, protocol, destination, origdst_is_own);
}
