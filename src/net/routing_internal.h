/* routing_internal: sends a request to rtnetlink and passes on the messages of the answer. For
 * net/routing*. */
#ifndef POSTERN_NET_ROUTING_INTERNAL_H
#define POSTERN_NET_ROUTING_INTERNAL_H

#include "base/buf.h"
#include "net/routing.h"

#include <libmnl/libmnl.h>

enum { ROUTING_ATTRIBUTE_MAX = 64 };

/* Attributes by type; those beyond the array are ignored. */
struct routing_attributes {
    const struct nlattr *at[ROUTING_ATTRIBUTE_MAX];
};

/* Appends an element to a list and returns a pointer to it. */
#define ROUTING_GROW(list)                                                              \
    ((list)->at = mem_grow((list)->at, (list)->n + 1, sizeof *(list)->at), (list)->n++, \
     &(list)->at[(list)->n - 1])

/* Requests all objects of a type (RTM_GETRULE ...); header_size is the size of the type's fixed header. */
bool routing_dump(int type, int family, size_t header_size,
                  void (*got)(void *context, const struct nlmsghdr *message), void *context);
/* Calls `got` for each message of the answer. False with errno, including errors that the kernel reports. */
bool routing_ask(struct nlmsghdr *request, void (*got)(void *context, const struct nlmsghdr *message),
                 void *context);
void routing_parse(const struct nlmsghdr *message, size_t header_size, struct routing_attributes *attributes);
uint32_t routing_u32(const struct routing_attributes *attributes, unsigned type, uint32_t otherwise);
/* Parses an RTM_NEWROUTE message. */
void routing_take_route(const struct nlmsghdr *message, struct routing_route *route);
/* Parses an address of the family. False: the attribute is absent or too short. */
bool routing_address(const struct nlattr *attribute, int family, union inet_address *address);

#endif
