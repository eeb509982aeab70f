/* startup_checks: checks whether the system meets the needs of the configuration: users, ports, directories,
 * the program of [command], signatures.
 *
 * Directories and files are tested with the rights of the user that will need them. All problems are
 * reported, not only the first. What `postern run` would create counts as present. Only
 * startup_make_directories and STARTUP_STORE write to disk. */
#ifndef POSTERN_CMD_STARTUP_CHECKS_H
#define POSTERN_CMD_STARTUP_CHECKS_H

#include "conf/conf.h"

enum startup_purpose {
    STARTUP_RUN,
    STARTUP_RELOAD, /* the service runs: ports are not tested */
    STARTUP_CHECK,  /* ports may be taken by the running service; more warnings */
};

/* Parts that can be checked separately. */
enum startup_part {
    STARTUP_NETWORK = 1, /* listeners, and a target that is this host */
    STARTUP_USERS = 2,
    STARTUP_UPSTREAM = 4, /* what [upstream] needs of the kernel */
    STARTUP_QUARANTINE = 8,
    STARTUP_SPOOL = 16,
    STARTUP_ENGINES = 32,
    STARTUP_PID_FILE = 64,
    STARTUP_INTERCEPTION = 128, /* what interception needs of the kernel */
    STARTUP_ADVICE = 256,       /* only for STARTUP_CHECK: warnings about the consequences of a setting */
    STARTUP_KERNEL = 512,       /* what Postern always needs of the kernel */
    STARTUP_STORE = 1024,       /* whether the quarantine can store a file; its directory must exist */
};

/* Checks all parts, but STARTUP_STORE only with the purpose STARTUP_CHECK: a start and a reload check it
 * later, when the directories have been created. */
void startup_check(const struct conf *conf, enum startup_purpose purpose, struct problems *problems);
/* Checks only these parts, bits of enum startup_part. If a configured user does not exist or is root, the
 * parts that need a user's rights are not checked. */
void startup_check_parts(const struct conf *conf, enum startup_purpose purpose, unsigned parts,
                         struct problems *problems);

/* Creates the directories that are missing, for their owners. False with a problem added. */
bool startup_make_directories(const struct conf *conf, struct problems *problems);

#endif
