/* parent: starts the other processes, connects them by channels, restarts them when they die, and stops them
 * in order. It also serves the control socket (proc/ipc/control.h).
 *
 * The parent does not drop root. It never reads a byte of a client or a server. It owns the listening
 * sockets, so that connections in their backlog survive the death of a relay. The relays start when all other
 * processes are READY: no client is accepted before its mail can be handled. A process that dies later is
 * restarted alone (proc/parent/backoff.h).
 *
 * SIGHUP, or a request at the control socket, causes a reload [C3]. The new configuration is checked. Then
 * every process is replaced by one that uses it, while the old processes finish their work (parent_change.c).
 * On SIGTERM and SIGINT first the relays, then the other processes receive STOP and finish their work. After
 * PARENT_STOP_MS, or at a second signal, all remaining processes are killed. */
#ifndef POSTERN_PROC_PARENT_PARENT_H
#define POSTERN_PROC_PARENT_PARENT_H

#include "proc/ipc/child.h"
#include "sys/log_output.h"

#include <sys/types.h>

enum { PARENT_STOP_MS = 30000 };

/* How the processes of a role are started. The rows are in roles.c. */
struct parent_role {
    int (*main)(const struct child_start *start); /* NULL: the parent does not start such a process */
    unsigned peers;        /* 1 << role of each role to which it has a channel; set in one of the two rows */
    bool starts_last;      /* started when all other processes are READY */
    bool leaves_network;   /* if the process is root, it enters an empty network namespace */
    bool dies_with_parent; /* by a signal of the kernel; other roles exit when their channel to the parent
                              closes */
    unsigned silent_max_s; /* longest time without a sign of life; 0: LIVENESS_SILENT_S */
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
    /* For a reload. Reads the configuration again, and checks it. Does not check whether the service can
     * listen on the addresses. If the configuration cannot be used, returns NULL and adds the reasons to
     * *problems. */
    struct parent_config *(*load)(void *context, struct problems *problems);
    void (*unload)(struct parent_config **config);
    void *context;
    struct log_output *log; /* NULL: no writer is started */
    int passphrase_fd;      /* see struct child_start; 0: none */
};

extern const struct parent_role parent_roles[ROLE_COUNT];

/* Runs the service until it is stopped. The caller keeps setup->config. Returns the exit status; 1: the
 * service could not be started. */
int parent_run(const struct parent_setup *setup);

/* Returns how many processes of a role the configuration requires. */
unsigned role_count(const struct conf *conf, enum role role);

#endif
