/* routing_internal: sends a request to rtnetlink and passes on the messages of the answer. For
 * net/routing*. */
#ifndef POSTERN_NET_ROUTING_INTERNAL_H
#define POSTERN_NET_ROUTING_INTERNAL_H

#include "base/buf.h"
#include "net/routing.h"

#include <libmnl/libmnl.h>

enum { ROUTING_ATTRIBUTE_MAX = 64 };

/* Attributes by type. Types that do not fit into the array are ignored. */
struct routing_attributes {
    const struct nlattr *at[ROUTING_ATTRIBUTE_MAX];
};

/* Appends an element to a list. The value is a pointer to the element. */
#define ROUTING_GROW(list)                                                              \
    ((list)->at = mem_grow((list)->at, (list)->n + 1, sizeof *(list)->at), (list)->n++, \
     &(list)->at[(list)->n - 1])

/* Requests all objects of a type (RTM_GETRULE ...). header_size: size of the fixed header of this type. `got`
 * and the result are those of routing_ask. */
bool routing_dump(int type, int family, size_t header_size,
                  void (*got)(void *context, const struct nlmsghdr *message), void *context);
/* Sends the request, and calls `got` for each message of the answer. On failure, or if the kernel answers
 * with an error, returns false with errno. */
bool routing_ask(struct nlmsghdr *request, void (*got)(void *context, const struct nlmsghdr *message),
                 void *context);
void routing_parse(const struct nlmsghdr *message, size_t header_size, struct routing_attributes *attributes);
uint32_t routing_u32(const struct routing_attributes *attributes, unsigned type, uint32_t otherwise);
/* Parses an RTM_NEWROUTE message. */
void routing_take_route(const struct nlmsghdr *message, struct routing_route *route);
/* Parses an address of the family. False: the attribute is absent or too short. */
bool routing_address(const struct nlattr *attribute, int family, union inet_address *address);

#endif
