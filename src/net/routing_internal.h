/* routing_internal: one request to rtnetlink, and each message of the answer. For net/routing*. */
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

/* Makes room for one more element at the end of a list. */
#define ROUTING_GROW(list)                                                              \
    ((list)->at = mem_grow((list)->at, (list)->n + 1, sizeof *(list)->at), (list)->n++, \
     &(list)->at[(list)->n - 1])

/* Requests all of a type (RTM_GETRULE ...); header_size is the size of its fixed header. */
bool routing_dump(int type, int family, size_t header_size,
                  void (*got)(void *context, const struct nlmsghdr *message), void *context);
/* `request` is in a buffer of MNL_SOCKET_BUFFER_SIZE; `got` is called for each message of the answer. False
 * with errno, including errors of the kernel. */
bool routing_ask(struct nlmsghdr *request, void (*got)(void *context, const struct nlmsghdr *message),
                 void *context);
void routing_parse(const struct nlmsghdr *message, size_t header_size, struct routing_attributes *attributes);
uint32_t routing_u32(const struct routing_attributes *attributes, unsigned type, uint32_t otherwise);
/* From an RTM_NEWROUTE message. */
void routing_take_route(const struct nlmsghdr *message, struct routing_route *route);
/* An address of the family; false if the attribute is absent or has another size. */
bool routing_address(const struct nlattr *attribute, int family, union inet_address *address);

#endif
