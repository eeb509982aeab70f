/* parent: starts the other processes, connects them by channels, restarts them when they die, and stops them
 * in order.
 *
 * It stays root, reads the configuration, and never reads a peer's byte. It owns the listening sockets, so
 * that connections in their backlog survive the death of a relay. It starts the keeper, readers, scan and the
 * engine first, and the relays when all of those have sent READY: no client is accepted before its mail can
 * be handled. Later each process that dies is restarted on its own (proc/parent/backoff.h gives the delay),
 * and it and each of its peers receive the ends of a new channel.
 *
 * It also serves the control socket (proc/ipc/control.h).
 *
 * SIGHUP, or a request at that socket, causes a reload [C3]: the new configuration is checked first, then
 * every process is replaced by one that uses it, while the old processes finish their work (parent_change.c).
 * If anything fails, the old processes continue.
 *
 * A process that violates the table of proc/ipc/ipc.h, towards the parent or as reported by a peer, is
 * killed. On SIGTERM and SIGINT the relays receive STOP and finish their work, then the other processes do.
 * After PARENT_STOP_MS, or at a second signal, all remaining processes are killed. */
#ifndef POSTERN_PROC_PARENT_PARENT_H
#define POSTERN_PROC_PARENT_PARENT_H

#include "proc/ipc/child.h"
#include "sys/log_output.h"

#include <sys/types.h>

enum { PARENT_STOP_MS = 30000 };

/* How a role's processes are started: the row of each is in roles.c. */
struct parent_role {
    int (*main)(const struct child_start *start); /* NULL: not a process that the parent starts */
    unsigned peers;        /* 1 << role of each role that it talks to; set on one side only */
    bool starts_last;      /* started when all others are READY */
    bool leaves_network;   /* as root: a network namespace with nothing in it */
    bool dies_with_parent; /* at once; other processes end by themselves when their channel to the parent
                              closes */
    unsigned silent_max_s; /* longest time without a sign of life; 0: LIVENESS_SILENT_S */
    bool drops_itself;     /* its main drops its privileges, because it needs them first */
};

/* The configuration of a run of the service. On the heap, because a reload creates another one. */
struct parent_config {
    struct conf conf;
    struct notice_template *notices[CONF_LIST_MAX]; /* one for each of [notice] language, in that order */
};

struct parent_setup {
    struct parent_config *config;
    const struct parent_role *roles; /* ROLE_COUNT rows */
    /* For a reload: reads the configuration again and checks all but the addresses to listen on. NULL: it
     * cannot be used, for the reasons in *problems. */
    struct parent_config *(*load)(void *context, struct problems *problems);
    void (*unload)(struct parent_config **config);
    void *context;
    struct log_output *log; /* NULL: standard error is written directly */
};

extern const struct parent_role parent_roles[ROLE_COUNT];

/* Runs until stopped. setup->config stays the caller's. Returns the exit status: 0, or 1 if the service could
 * not be started (the reason was logged). */
int parent_run(const struct parent_setup *setup);

/* The number of processes of a role under the configuration. */
unsigned role_count(const struct conf *conf, enum role role);

#endif
