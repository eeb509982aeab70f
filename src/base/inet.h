/* inet: addresses, ports, networks, interfaces and marks of IPv4 and IPv6 as values, and short lists of them.
 *
 * Types only. base/address and base/network read, print and compare them. */
#ifndef POSTERN_BASE_INET_H
#define POSTERN_BASE_INET_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { INET_LIST_MAX = 16 };

union inet_address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

struct inet_addresses {
    size_t n;
    union inet_address at[INET_LIST_MAX];
};

union inet_socket {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_un un;
};

struct inet_sockets {
    size_t n;
    union inet_socket at[INET_LIST_MAX];
};

struct inet_ports {
    size_t n;
    uint16_t at[INET_LIST_MAX];
};

struct inet_network {
    union inet_address address; /* its port is ignored */
    unsigned bits;              /* prefix length */
};

struct inet_networks {
    size_t n;
    struct inet_network at[INET_LIST_MAX];
};

struct inet_interfaces {
    size_t n;
    char at[INET_LIST_MAX][IF_NAMESIZE];
};

/* A mark of packets. If the configuration has VALUE without /MASK, all bits of the mask are set. */
struct fwmark {
    uint32_t value, mask;
};

#endif
