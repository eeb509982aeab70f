/* routing_internal: one question to rtnetlink, and each of its answers. For net/routing*. */
#ifndef POSTERN_NET_ROUTING_INTERNAL_H
#define POSTERN_NET_ROUTING_INTERNAL_H

#include "base/buf.h"
#include "net/routing.h"

#include <libmnl/libmnl.h>

enum { ROUTING_ATTRIBUTE_MAX = 64 };

/* Attributes by their type; those above the array are left out. */
struct routing_attributes {
    const struct nlattr *at[ROUTING_ATTRIBUTE_MAX];
};

/* Room for one more at the end of a list. */
#define ROUTING_GROW(list)                                                              \
    ((list)->at = mem_grow((list)->at, (list)->n + 1, sizeof *(list)->at), (list)->n++, \
     &(list)->at[(list)->n - 1])

/* Asks for all of a type (RTM_GETRULE ...); header_size is that of its fixed header. */
bool routing_dump(int type, int family, size_t header_size,
                  void (*got)(void *context, const struct nlmsghdr *message), void *context);
/* `request` stands in a buffer of MNL_SOCKET_BUFFER_SIZE; `got` is called for each answer's message. False
 * with errno, also the kernel's own. */
bool routing_ask(struct nlmsghdr *request, void (*got)(void *context, const struct nlmsghdr *message),
                 void *context);
void routing_parse(const struct nlmsghdr *message, size_t header_size, struct routing_attributes *attributes);
uint32_t routing_u32(const struct routing_attributes *attributes, unsigned type, uint32_t otherwise);
/* From a message RTM_NEWROUTE. */
void routing_take_route(const struct nlmsghdr *message, struct routing_route *route);
/* An address of the family, if the attribute is there and has its size. */
bool routing_address(const struct nlattr *attribute, int family, union inet_address *address);

#endif
