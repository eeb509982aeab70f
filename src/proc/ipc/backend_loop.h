/* backend_loop: what a process is that relays ask (scan, reader, keeper): an event base, the channel to the
 * parent, the relays, and its end.
 *
 * Asked to stop, it goes on for the relays that are left, which may still have something to ask, and ends
 * when the last is gone and it is not busy; at once when the parent is gone. */
#ifndef POSTERN_PROC_IPC_BACKEND_LOOP_H
#define POSTERN_PROC_IPC_BACKEND_LOOP_H

#include "proc/ipc/relay_list.h"

struct backend_loop_work {
    enum role self;
    void (*request)(void *context, struct ipc *relay, enum ipc_kind kind, const void *payload, int fd);
    void (*relay_gone)(void *context, struct ipc *relay); /* the channel is freed after it; may be NULL */
    /* The parent's other peers and messages, and what to do when a relay has come; each may be NULL. */
    void (*peer)(void *context, const struct ipc_peer *peer, int fd);
    void (*relay_joined)(void *context, struct ipc *relay);
    void (*message)(void *context, enum ipc_kind kind, const void *payload, int fd);
    bool (*is_busy)(const void *context);
};

/* Embedded. */
struct backend_loop {
    struct event_base *base;
    struct ipc *parent; /* NULL: it is gone, or not there yet */
    struct relay_list relays;
    const struct backend_loop_work *work;
    void *context;
    bool is_stopping;
};

/* Makes the base, which the caller frees. */
void backend_loop_init(struct backend_loop *loop, const struct backend_loop_work *work, void *context);
void backend_loop_open(struct backend_loop *loop, int parent_fd);
/* Tells the parent. */
void backend_loop_ready(struct backend_loop *loop);
/* It may not be busy any more. */
void backend_loop_exit_when_idle(struct backend_loop *loop);
/* Every channel. */
void backend_loop_close(struct backend_loop *loop);

#endif
