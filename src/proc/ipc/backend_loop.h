/* backend_loop: the event loop of a process that serves relays (scan, reader, keeper, signer, page), with
 * the channels to the parent and to the relays.
 *
 * After IPC_STOP the connected relays may still send requests. The loop ends when the last relay has
 * disconnected and the process is not busy. If the channel to the parent closes, the loop ends at once. */
#ifndef POSTERN_PROC_IPC_BACKEND_LOOP_H
#define POSTERN_PROC_IPC_BACKEND_LOOP_H

#include "proc/ipc/relay_list.h"

struct backend_loop_work {
    enum role self;
    void (*request)(void *context, struct ipc *relay, enum ipc_kind kind, const void *payload, int fd);
    /* Each of the following may be NULL. */
    void (*relay_gone)(void *context, struct ipc *relay); /* the channel is freed after the call */
    void (*peer)(void *context, const struct ipc_peer *peer, int fd); /* takes a peer that is not a relay */
    void (*relay_joined)(void *context, struct ipc *relay);
    /* Takes a packet of the parent, except PEER and STOP. */
    void (*message)(void *context, enum ipc_kind kind, const void *payload, int fd);
    bool (*is_busy)(const void *context);
    void (*stopping)(void *context); /* STOP has come */
};

struct backend_loop {
    struct event_base *base;
    struct ipc *parent; /* NULL: not opened yet, or closed */
    struct relay_list relays;
    const struct backend_loop_work *work;
    void *context;
    bool is_stopping;
};

/* Creates the event base, which the caller frees. */
void backend_loop_init(struct backend_loop *loop, const struct backend_loop_work *work, void *context);
void backend_loop_open(struct backend_loop *loop, int parent_fd);
/* Sends IPC_READY to the parent. */
void backend_loop_ready(struct backend_loop *loop);
/* Ends the loop if it is stopping, has no relay and is not busy. */
void backend_loop_exit_when_idle(struct backend_loop *loop);
/* Closes all channels. */
void backend_loop_close(struct backend_loop *loop);

#endif
