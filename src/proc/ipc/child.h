/* child: what the parent gives each process it starts, and the main of each role.
 *
 * The parent forks; the child closes every descriptor it was not given, drops its privileges, checks that
 * they are gone, and runs its role's main, which makes an event base, opens `parent_fd` as its channel
 * (ROLE_PARENT), receives its peers as IPC_PEER messages, sends IPC_READY, and returns the exit status after
 * IPC_STOP, a relay also after IPC_RETIRE, or when that channel closes. */
#ifndef POSTERN_PROC_IPC_CHILD_H
#define POSTERN_PROC_IPC_CHILD_H

#include "conf/conf.h"
#include "notice/notice.h"
#include "proc/ipc/ipc.h"
#include "proc/ipc/session_stats.h"

/* A socket that accepts clients of one protocol. */
struct listener {
    int fd;
    enum protocol_id protocol;
};

struct child_start {
    const struct conf *conf;
    struct notice_template *const *notices; /* one for each of [notice] language, in that order */
    enum role role;
    unsigned index; /* no other living process of its role has it */
    int parent_fd;
    bool is_replacement;              /* of one that serves until this one is ready */
    const struct listener *listeners; /* relays: this relay's own, one or more per address */
    size_t listener_count;
    struct session_stats *stats; /* shared page: sessions by relay and by client */
};

int relay_main(const struct child_start *start);
int scan_main(const struct child_start *start);
int reader_main(const struct child_start *start);
int keeper_main(const struct child_start *start);
/* Prepares namespaces and the temporary directory, then executes postern-clamav with the channel to the
 * parent as descriptor 3. */
int clamav_main(const struct child_start *start);

/* An exit status that means: do not restart me, the configuration or the machine must be mended first. The
 * reason was logged. */
enum { EXIT_CONFIG = 78 };

#endif
