/* parent: starts the other processes, connects them by channels, restarts them when they die, and stops them
 * in order.
 *
 * The parent remains root, reads the configuration, and never reads a byte of a client or a server. It owns
 * the listening sockets, so that connections in their backlog survive the death of a relay. It starts the
 * keeper, readers, scan and the engine first, and the relays when all of these have sent READY: no client is
 * accepted before its mail can be handled. A process that dies later is restarted alone, after the delay of
 * proc/parent/backoff.h; the new process and each of its peers receive the ends of a new channel.
 *
 * The parent also serves the control socket (proc/ipc/control.h).
 *
 * SIGHUP, or a request at the control socket, causes a reload [C3]: the new configuration is checked first,
 * then every process is replaced by one that uses it, while the old processes finish their work
 * (parent_change.c). If a new process other than the keeper does not become ready, the old processes
 * continue.
 *
 * A process that violates the table of proc/ipc/ipc.h, towards the parent or as reported by a peer, is
 * killed. On SIGTERM and SIGINT first the relays and then the other processes receive STOP and finish their
 * work. After PARENT_STOP_MS, or at a second signal, all remaining processes are killed. */
#ifndef POSTERN_PROC_PARENT_PARENT_H
#define POSTERN_PROC_PARENT_PARENT_H

#include "proc/ipc/child.h"
#include "sys/log_output.h"

#include <sys/types.h>

enum { PARENT_STOP_MS = 30000 };

/* How the processes of a role are started. roles.c has the rows. */
struct parent_role {
    int (*main)(const struct child_start *start); /* NULL: the parent does not start such a process */
    unsigned peers;            /* 1 << role of each role to which it has a channel; set on one side only */
    bool starts_last;          /* started when all other processes are READY */
    bool leaves_network;       /* as root: enters an empty network namespace */
    bool dies_with_parent;     /* by the kernel; other roles exit when their channel to the parent closes */
    unsigned silent_max_s;     /* longest time without a sign of life; 0: LIVENESS_SILENT_S */
    bool drops_own_privileges; /* `main` drops the privileges, because it needs them first */
};

/* A configuration and its notices. */
struct parent_config {
    struct conf conf;
    struct notice_template *notices[CONF_LIST_MAX]; /* one for each of [notice] language, in that order */
};

struct parent_setup {
    struct parent_config *config;
    const struct parent_role *roles; /* ROLE_COUNT rows */
    /* For a reload: reads the configuration again, and checks all of it but the addresses to listen on.
     * Returns NULL if it cannot be used; *problems has the reasons. */
    struct parent_config *(*load)(void *context, struct problems *problems);
    void (*unload)(struct parent_config **config);
    void *context;
    struct log_output *log; /* NULL: standard error is written directly */
};

extern const struct parent_role parent_roles[ROLE_COUNT];

/* Runs the service until it is stopped. The caller keeps setup->config. Returns the exit status: 0, or 1 if
 * the service could not be started. */
int parent_run(const struct parent_setup *setup);

/* Returns how many processes of a role the configuration requires. */
unsigned role_count(const struct conf *conf, enum role role);

#endif
