/* child: the data that the parent passes to each process that it starts, and the main function of each role.
 *
 * The parent forks. The child closes every descriptor that was not passed to it, drops its privileges, checks
 * that they are gone, and runs the main function of its role. That function opens `parent_fd` as its channel
 * to the parent, receives channels to its peers by IPC_PEER, and sends IPC_READY. It returns the exit status
 * in one of three cases: it cannot start, the channel to the parent closes, or its work is done after
 * IPC_STOP (in a relay also IPC_RETIRE). clamav_main, signer_main and page_main drop the privileges
 * themselves.
 * clamav_main executes postern-clamav. */
#ifndef POSTERN_PROC_IPC_CHILD_H
#define POSTERN_PROC_IPC_CHILD_H

#include "conf/conf.h"
#include "notice/notice.h"
#include "proc/ipc/ipc.h"
#include "proc/ipc/session_stats.h"
#include "proc/ipc/tls_rejects.h"
#include "sys/privileges.h"

/* A socket that accepts clients of one protocol. */
struct listener {
    int fd;
    enum protocol_id protocol;
};

struct child_start {
    const struct conf *conf;
    struct notice_template *const *notices; /* one for each of [notice] language, in that order */
    enum role role;
    unsigned index; /* unique among the living processes of the role */
    int parent_fd;
    bool is_replacement; /* part of a change, which fails if this process does not become ready */
    const struct listener *listeners; /* for a relay: its sockets, at least one per address */
    size_t listener_count;
    struct session_stats *stats; /* shared by all processes */
    struct tls_rejects *rejects; /* the same */
    struct identity identity;    /* the user that the process runs as */
    /* child_drop, for a main function that drops the privileges itself. */
    bool (*drop)(const struct child_start *start);
    int passphrase_fd; /* for the signer: the passphrase that was asked for at start (sys/secret); 0: none */
};

int relay_main(const struct child_start *start);
int scan_main(const struct child_start *start);
int reader_main(const struct child_start *start);
int keeper_main(const struct child_start *start);
int signer_main(const struct child_start *start);
/* Reads the certificate and opens its sockets as root, and then drops the privileges itself. */
int page_main(const struct child_start *start);
/* Prepares the mount namespace and the temporary directory, then executes postern-clamav with the channel to
 * the parent as descriptor 3. Returns only on failure. */
int clamav_main(const struct child_start *start);

/* The exit status of a process that cannot run until the configuration or the machine is corrected, so that a
 * restart is useless. The process has logged the reason. */
enum { EXIT_CONFIG = 78 };

#endif
