/* startup_checks: checks whether the system meets the needs of the configuration, for `run`, before it starts
 * anything, and for `check`.
 *
 * Users, ports, directories, the program of [command], signatures: each is tested as the user that will need
 * it. All problems are reported, not only the first. Nothing is changed; what `run` may create counts as
 * present. */
#ifndef POSTERN_CMD_STARTUP_CHECKS_H
#define POSTERN_CMD_STARTUP_CHECKS_H

#include "conf/conf.h"

enum startup_purpose {
    STARTUP_RUN,
    STARTUP_RELOAD, /* of a running service: ports are not tested */
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
    STARTUP_ADVICE = 256,       /* with STARTUP_CHECK only: settings with consequences that should be known */
    STARTUP_KERNEL = 512,       /* what Postern always needs of the kernel */
    STARTUP_STORE = 1024,       /* whether the quarantine can store a file; its directory must exist */
};

/* Checks all parts, but STARTUP_STORE only with STARTUP_CHECK: it needs the directories that are created
 * after the other checks. */
void startup_check(const struct conf *conf, enum startup_purpose purpose, struct problems *problems);
/* Checks only these parts, bits of enum startup_part. Without its users their rights cannot be tested: then
 * the other parts report nothing. */
void startup_check_parts(const struct conf *conf, enum startup_purpose purpose, unsigned parts,
                         struct problems *problems);

/* Creates the directories that are missing, for their owners. False with a problem added. */
bool startup_make_directories(const struct conf *conf, struct problems *problems);

#endif
