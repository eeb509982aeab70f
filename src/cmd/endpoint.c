#include "cmd/endpoint.h"

#include "base/token.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>

bool endpoint_read_port(const char *text, uint16_t *port)
{
    uint64_t number;

    if (!token_number(span_of(text), &number) || number == 0 || number > UINT16_MAX)
        return false;
    *port = (uint16_t)number;
    return true;
}

static bool set_host(struct endpoint *endpoint, struct span host)
{
    if (host.n == 0 || host.n >= sizeof endpoint->host)
        return false;
    memcpy(endpoint->host, host.p, host.n);
    endpoint->host[host.n] = '\0';
    return true;
}

bool endpoint_read(const char *text, uint16_t port, struct endpoint *endpoint)
{
    const char *end = text[0] == '[' ? strchr(text, ']') : strchr(text, ':');

    endpoint->port = port;
    /* Without brackets, a text with no colon or several colons is a host without a port. */
    if (text[0] != '[' && (!end || strchr(end + 1, ':')))
        return set_host(endpoint, span_of(text));
    if (!end)
        return false;
    if (!set_host(endpoint, text[0] == '[' ? (struct span){text + 1, (size_t)(end - text - 1)}
                                           : (struct span){text, (size_t)(end - text)}))
        return false;
    if (*end == ']' && *++end == '\0')
        return true;
    return *end == ':' && endpoint_read_port(end + 1, &endpoint->port);
}

const char *endpoint_look_up(const struct endpoint *endpoint, int family, union inet_address *address)
{
    const struct addrinfo wanted = {.ai_family = family, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char port[8];
    int result;

    snprintf(port, sizeof port, "%u", endpoint->port);
    result = getaddrinfo(endpoint->host, port, &wanted, &found);
    if (result != 0)
        return result == EAI_SYSTEM ? strerror(errno) : gai_strerror(result);
    *address = (union inet_address){0};
    memcpy(address, found->ai_addr,
           found->ai_addrlen < sizeof *address ? found->ai_addrlen : sizeof *address);
    freeaddrinfo(found);
    return NULL;
}
