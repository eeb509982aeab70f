/* relay_list: the relays that a process serves, a channel each.
 *
 * A relay comes as an IPC_PEER of the parent's; one that comes again under its index takes the place of its
 * dead self. When a channel is at its end, its owner is told to forget what it owes that relay, and one that
 * broke the table of requests is accused to the parent. A relay is known by its channel. */
#ifndef POSTERN_PROC_IPC_RELAY_LIST_H
#define POSTERN_PROC_IPC_RELAY_LIST_H

#include "proc/ipc/ipc.h"

#include <sys/queue.h>

struct relay_list_link;

/* Embedded; the first five are filled by the owner before anything is called. */
struct relay_list {
    struct event_base *base;
    enum role self;
    struct ipc **parent; /* the owner's; NULL there when the parent is gone */
    void (*message)(void *context, struct ipc *relay, enum ipc_kind kind, const void *payload, int fd);
    void (*gone)(void *context, struct ipc *relay); /* the channel is freed after it */
    void *context;
    LIST_HEAD(, relay_list_link) links; /* zero is empty */
};

/* Takes fd; gives the channel. */
struct ipc *relay_list_take(struct relay_list *relays, unsigned index, int fd);
bool relay_list_is_empty(const struct relay_list *relays);
void relay_list_fini(struct relay_list *relays);

#endif
