/* relay_list: the relays that a process serves, and the channel to each.
 *
 * The parent sends the channel to each relay by IPC_PEER. A new relay replaces an earlier one with the same
 * index. When a channel ends, `gone` is called, so that the owner can discard the requests of that relay. A
 * relay that has violated the table of proc/ipc/ipc.h is reported to the parent. */
#ifndef POSTERN_PROC_IPC_RELAY_LIST_H
#define POSTERN_PROC_IPC_RELAY_LIST_H

#include "proc/ipc/ipc.h"

#include <sys/queue.h>

struct relay_list_link;

/* The owner sets all fields but `links` before any call. */
struct relay_list {
    struct event_base *base;
    enum role self;
    struct ipc **parent; /* the owner's channel to the parent; *parent is NULL after the channel was closed */
    void (*message)(void *context, struct ipc *relay, enum ipc_kind kind, const void *payload, int fd);
    void (*gone)(void *context, struct ipc *relay); /* the channel is freed after the call */
    void *context;
    LIST_HEAD(, relay_list_link) links; /* empty if zeroed */
};

/* Takes fd. Returns the channel. */
struct ipc *relay_list_take(struct relay_list *relays, unsigned index, int fd);
bool relay_list_is_empty(const struct relay_list *relays);
void relay_list_fini(struct relay_list *relays);

#endif
