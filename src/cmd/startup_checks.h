/* startup_checks: is the world as the configuration needs it? What `run` asks before it starts anything, and
 * `check` tells.
 *
 * Users, ports, directories, the program of [command], signatures: each asked as the user who will need it.
 * All problems are told, not only the first. Nothing is changed by it: what `run` may make for itself is
 * taken as there. */
#ifndef POSTERN_CMD_STARTUP_CHECKS_H
#define POSTERN_CMD_STARTUP_CHECKS_H

#include "conf/conf.h"

enum startup_purpose {
    STARTUP_RUN,
    STARTUP_RELOAD, /* of a running service: ports are not asked for */
    STARTUP_CHECK,  /* ports may be taken by the running service; more warnings */
};

/* What may be asked for by itself. */
enum startup_part {
    STARTUP_NETWORK = 1, /* listeners, a target that is ourselves */
    STARTUP_USERS = 2,
    STARTUP_UPSTREAM = 4, /* what [upstream] needs of the kernel */
    STARTUP_QUARANTINE = 8,
    STARTUP_SPOOL = 16,
    STARTUP_ENGINES = 32,
    STARTUP_PID_FILE = 64,
    STARTUP_INTERCEPTION = 128, /* what it needs of the kernel */
    STARTUP_ADVICE = 256,       /* with STARTUP_CHECK alone: settings whose price should be known */
    STARTUP_KERNEL = 512,       /* what Postern needs of it, whatever the configuration */
    STARTUP_STORE = 1024,       /* the quarantine takes a file; its directory must have been made */
};

/* All of them, but STARTUP_STORE only with STARTUP_CHECK: it wants the directories that are made after the
 * others. */
void startup_check(const struct conf *conf, enum startup_purpose purpose, struct problems *problems);
/* Of the parts, bits of enum startup_part, alone. Without its users there is no telling what they may do:
 * then the others tell nothing. */
void startup_check_parts(const struct conf *conf, enum startup_purpose purpose, unsigned parts,
                         struct problems *problems);

/* Makes the directories that are missing, for their owners. False with a problem added. */
bool startup_make_directories(const struct conf *conf, struct problems *problems);

#endif
