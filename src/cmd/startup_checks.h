/* startup_checks: checks whether the system meets the needs of the configuration: users, ports, directories,
 * the program of [command], signatures.
 *
 * Directories and files are tested with the rights of the user that will need them. All problems are
 * reported, not only the first. A directory that `postern run` would create counts as present. Nothing is
 * written to disk, except by startup_make_directories and STARTUP_STORE. */
#ifndef POSTERN_CMD_STARTUP_CHECKS_H
#define POSTERN_CMD_STARTUP_CHECKS_H

#include "conf/conf.h"

enum startup_purpose {
    STARTUP_RUN,
    STARTUP_RELOAD, /* ports are not tested, because the service uses them */
    STARTUP_CHECK,  /* a port in use is only a warning, because the service may use it */
};

/* Parts that can be checked separately. */
enum startup_part {
    STARTUP_NETWORK = 1, /* addresses to listen on; whether target is the service itself */
    STARTUP_USERS = 2,
    STARTUP_UPSTREAM = 4, /* whether the kernel allows what [upstream] needs */
    STARTUP_QUARANTINE = 8,
    STARTUP_SPOOL = 16,
    STARTUP_ENGINES = 32,
    STARTUP_PID_FILE = 64,
    STARTUP_INTERCEPTION = 128, /* whether the kernel allows what interception needs */
    STARTUP_ADVICE = 256,       /* only with STARTUP_CHECK: warnings about settings and the kernel */
    STARTUP_KERNEL = 512,       /* features of the kernel that Postern always needs */
    STARTUP_TLS = 2048,         /* the certificate authority */
    STARTUP_STORE = 1024,       /* whether the quarantine can store a file, if its directory is accessible */
};

/* Checks all parts, but STARTUP_STORE only for STARTUP_CHECK: a start and a reload check that part later,
 * when the directories have been created. */
void startup_check(const struct conf *conf, enum startup_purpose purpose, struct problems *problems);
/* Checks only these parts, bits of enum startup_part. If a configured user does not exist or is root, the
 * parts that need a user's rights are not checked. */
void startup_check_parts(const struct conf *conf, enum startup_purpose purpose, unsigned parts,
                         struct problems *problems);

/* Creates the missing directories, with their owners. If a directory cannot be created, adds a problem and
 * returns false. */
bool startup_make_directories(const struct conf *conf, struct problems *problems);

#endif
