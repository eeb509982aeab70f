/* parent: starts the other processes, joins them by channels, starts the dead ones again, and stops all in
 * order.
 *
 * It stays root, reads the configuration and never a peer's byte; it owns the listening sockets, so that
 * connections in their backlog outlive a relay. It starts the keeper, readers, scan and the engine first, and
 * relays when all of those have said READY: no client is accepted before its mail can be handled. Later each
 * dead process is started again for itself (proc/parent/backoff.h says when) and both ends of a new channel
 * go to it and each of its peers.
 *
 * It also answers at the control socket (proc/ipc/control.h).
 *
 * SIGHUP, or a request at that socket, reloads [C3]: the new configuration is checked first, then every
 * process is replaced by one that has it, while those who were there finish what they have in hand
 * (parent_change.c). Whatever goes wrong on the way, the old ones go on.
 *
 * A process that breaks the table of proc/ipc/ipc.h, towards the parent or by the word of a peer, is killed.
 * SIGTERM and SIGINT: the relays get STOP and finish what is in hand, then the rest do; after PARENT_STOP_MS,
 * or at a second signal, whoever is left is killed. */
#ifndef POSTERN_PROC_PARENT_PARENT_H
#define POSTERN_PROC_PARENT_PARENT_H

#include "proc/ipc/child.h"
#include "sys/log_output.h"

#include <sys/types.h>

enum { PARENT_STOP_MS = 30000 };

/* How a role's processes are started: the row of each is in roles.c. */
struct parent_role {
    int (*main)(const struct child_start *start); /* NULL: not a process that the parent starts */
    unsigned peers;        /* 1 << role of each that it talks to; said on one side only */
    bool starts_last;      /* started when all others are READY */
    bool leaves_network;   /* as root: a network namespace with nothing in it */
    bool dies_with_parent; /* at once; the others end in their own way when their channel to the parent closes
                            */
    unsigned silent_max_s; /* how long it may give no sign of life; 0: LIVENESS_SILENT_S */
    bool drops_itself;     /* its main drops privileges: it needs them first */
};

/* What a run of the service goes by; on the heap, for a reload makes another one. */
struct parent_config {
    struct conf conf;
    struct notice_template *notices[CONF_LIST_MAX]; /* one for each of [notice] language, in that order */
};

struct parent_setup {
    struct parent_config *config;
    const struct parent_role *roles; /* ROLE_COUNT rows */
    /* For a reload: reads the configuration anew and checks all but the addresses to listen on. NULL: it is
     * not to be used, and *problems says why. */
    struct parent_config *(*load)(void *context, struct problems *problems);
    void (*unload)(struct parent_config **config);
    void *context;
    struct log_output *log; /* NULL: standard error is written as it is */
};

extern const struct parent_role parent_roles[ROLE_COUNT];

/* Runs until stopped. setup->config stays the caller's. The exit status: 0, or 1 if the service could not be
 * started (the reason was logged).
 */
int parent_run(const struct parent_setup *setup);

/* How many processes of a role the configuration wants. */
unsigned role_count(const struct conf *conf, enum role role);

#endif
