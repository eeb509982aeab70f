#include "base/address.h"

#include <arpa/inet.h>
#include <stdio.h>

void address_format(const struct sockaddr *address, char text[ADDRESS_TEXT_SIZE])
{
    char host[INET6_ADDRSTRLEN] = "";

    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)address;

        inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
        snprintf(text, ADDRESS_TEXT_SIZE, "%s:%u", host, (unsigned)ntohs(in->sin_port));
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const void *)address;

        inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host);
        snprintf(text, ADDRESS_TEXT_SIZE, "[%s]:%u", host, (unsigned)ntohs(in6->sin6_port));
    } else {
        snprintf(text, ADDRESS_TEXT_SIZE, "unknown");
    }
}

uint16_t address_port(const union inet_address *address)
{
    return ntohs(address->any.sa_family == AF_INET6 ? address->in6.sin6_port : address->in.sin_port);
}

void address_set_port(union inet_address *address, uint16_t port)
{
    if (address->any.sa_family == AF_INET6)
        address->in6.sin6_port = htons(port);
    else
        address->in.sin_port = htons(port);
}

socklen_t address_size(const union inet_address *address)
{
    return address->any.sa_family == AF_INET6 ? sizeof address->in6 : sizeof address->in;
}

void address_unmap(union inet_address *address)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = address->in6.sin6_port};

    if (address->any.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&address->in6.sin6_addr))
        return;
    memcpy(&in.sin_addr, address->in6.sin6_addr.s6_addr + 12, sizeof in.sin_addr);
    address->in = in;
}

static uint8_t first_byte(const union inet_address *address)
{
    return (uint8_t)(ntohl(address->in.sin_addr.s_addr) >> 24);
}

static bool is_ipv6(const union inet_address *address)
{
    return address->any.sa_family == AF_INET6;
}

void address_bytes(const struct sockaddr *address, uint8_t bytes[ADDRESS_CLIENT_SIZE])
{
    memset(bytes, 0, ADDRESS_CLIENT_SIZE);
    if (address->sa_family == AF_INET6) {
        memcpy(bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
    } else if (address->sa_family == AF_INET) {
        bytes[10] = bytes[11] = 0xff;
        memcpy(bytes + 12, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
    }
}

void address_client(const struct sockaddr *address, uint8_t client[ADDRESS_CLIENT_SIZE])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    address_bytes(address, client);
    if (memcmp(client, mapped, sizeof mapped) != 0)
        memset(client + 8, 0, ADDRESS_CLIENT_SIZE - 8);
}

bool address_is_unspecified(const union inet_address *address)
{
    static const uint8_t zeros[12];

    if (!is_ipv6(address))
        return first_byte(address) == 0;
    return memcmp(&address->in6.sin6_addr, zeros, sizeof zeros) == 0 && !address_is_loopback(address);
}

bool address_is_loopback(const union inet_address *address)
{
    return is_ipv6(address) ? IN6_IS_ADDR_LOOPBACK(&address->in6.sin6_addr) : first_byte(address) == 127;
}

bool address_is_multicast(const union inet_address *address)
{
    return is_ipv6(address) ? IN6_IS_ADDR_MULTICAST(&address->in6.sin6_addr)
                            : first_byte(address) >> 4 == 0xe;
}

bool address_is_broadcast(const union inet_address *address)
{
    return !is_ipv6(address) && address->in.sin_addr.s_addr == htonl(INADDR_BROADCAST);
}

bool address_same_host(const struct sockaddr *a, const struct sockaddr *b)
{
    if (a->sa_family != b->sa_family)
        return false;
    if (a->sa_family == AF_INET)
        return ((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr ==
               ((const struct sockaddr_in *)(const void *)b)->sin_addr.s_addr;
    return a->sa_family == AF_INET6 &&
           memcmp(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr,
                  &((const struct sockaddr_in6 *)(const void *)b)->sin6_addr, 16) == 0;
}
