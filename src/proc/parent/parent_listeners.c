#include "proc/parent/parent_internal.h"

#include "base/address.h"
#include "net/listen.h"

#include <stdlib.h>

static bool is_same(const union inet_address *a, const union inet_address *b)
{
    if (a->any.sa_family != b->any.sa_family)
        return false;
    if (a->any.sa_family == AF_INET6)
        return a->in6.sin6_port == b->in6.sin6_port && a->in6.sin6_scope_id == b->in6.sin6_scope_id &&
               memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof a->in6.sin6_addr) == 0;
    return a->in.sin_port == b->in.sin_port && a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
}

/* Returns the protocol that is configured to listen on the address, or PROTOCOLS_MAX. */
static enum protocol_id protocol_of(const struct conf *conf, const union inet_address *address)
{
    enum protocol_id protocol;

    for (protocol = 0; protocol < PROTOCOLS_MAX; protocol++) {
        const struct inet_addresses *listen = &conf_listener_of(conf, protocol)->listen;

        for (size_t i = 0; i < listen->n; i++)
            if (is_same(&listen->at[i], address))
                return protocol;
    }
    return protocol;
}

static unsigned count_of(const struct parent *parent, const union inet_address *address)
{
    unsigned count = 0;

    for (size_t i = 0; i < parent->listener_count; i++)
        count += is_same(&parent->listeners[i].address, address);
    return count;
}

static bool open_one(struct parent *parent, const union inet_address *address, bool is_transparent,
                     struct buf *error)
{
    int fd = listen_open(address, is_transparent);

    if (fd < 0) {
        listen_add_failure(address, error);
        return false;
    }
    parent->listeners = mem_grow(parent->listeners, parent->listener_count + 1, sizeof *parent->listeners);
    parent->listeners[parent->listener_count++] = (struct parent_listener){*address, fd};
    return true;
}

static bool open_address(struct parent *parent, const struct conf *conf, const union inet_address *address,
                         struct buf *error)
{
    bool is_transparent =
        conf_listener_of(conf, protocol_of(conf, address))->interception == INTERCEPTION_TPROXY;

    for (size_t i = 0; is_transparent && i < parent->listener_count; i++)
        if (is_same(&parent->listeners[i].address, address) &&
            !listen_set_transparent(parent->listeners[i].fd, address->any.sa_family)) {
            listen_add_failure(address, error);
            return false;
        }
    for (unsigned i = count_of(parent, address); i < role_count(conf, ROLE_RELAY); i++)
        if (!open_one(parent, address, is_transparent, error))
            return false;
    return true;
}

bool parent_listeners_open(struct parent *parent, const struct conf *conf, struct buf *error)
{
    size_t before = parent->listener_count;

    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++) {
        const struct conf_listener *listener = conf_listener_of(conf, protocol);

        for (size_t i = 0; i < listener->listen.n; i++)
            if (!open_address(parent, conf, &listener->listen.at[i], error)) {
                parent_listeners_close(parent, before);
                return false;
            }
    }
    return true;
}

/* Does one of our sockets have that port, perhaps with another address? Then a conflict may be with our own
 * socket. */
static bool has_port(const struct parent *parent, const union inet_address *address)
{
    for (size_t i = 0; i < parent->listener_count; i++)
        if (address_port(&parent->listeners[i].address) == address_port(address))
            return true;
    return false;
}

bool parent_listeners_check(const struct parent *parent, const struct conf *conf, struct buf *error)
{
    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++) {
        const struct inet_addresses *listen = &conf_listener_of(conf, protocol)->listen;

        for (size_t i = 0; i < listen->n; i++)
            if (!has_port(parent, &listen->at[i]) && !listen_is_free(&listen->at[i])) {
                listen_add_failure(&listen->at[i], error);
                return false;
            }
    }
    return true;
}

void parent_listeners_prune(struct parent *parent, const struct conf *conf)
{
    size_t kept = 0;

    for (size_t i = 0; i < parent->listener_count; i++)
        if (protocol_of(conf, &parent->listeners[i].address) < PROTOCOLS_MAX)
            parent->listeners[kept++] = parent->listeners[i];
        else
            listen_close(parent->listeners[i].fd);
    parent->listener_count = kept;
}

void parent_listeners_close(struct parent *parent, size_t count)
{
    while (parent->listener_count > count)
        listen_close(parent->listeners[--parent->listener_count].fd);
    if (count == 0) {
        free(parent->listeners);
        parent->listeners = NULL;
    }
}

/* Returns the rank of a socket among those of its address. */
static unsigned rank_of(const struct parent *parent, size_t at)
{
    unsigned rank = 0;

    for (size_t i = 0; i < at; i++)
        rank += is_same(&parent->listeners[i].address, &parent->listeners[at].address);
    return rank;
}

size_t parent_listeners_of(const struct child *child, struct listener *listeners)
{
    const struct parent *parent = child->parent;
    const struct conf *conf = &child->config->conf;
    unsigned relays = role_count(conf, ROLE_RELAY);
    size_t n = 0;

    for (size_t i = 0; i < parent->listener_count; i++) {
        enum protocol_id protocol = protocol_of(conf, &parent->listeners[i].address);

        if (protocol < PROTOCOLS_MAX && rank_of(parent, i) % relays == child->number)
            listeners[n++] = (struct listener){parent->listeners[i].fd, protocol};
    }
    return n;
}
