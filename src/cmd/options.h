/* options: the options of all subcommands except `quarantine`: -c FILE and --help, and, if enabled, --json,
 * --show, --containers, --file, --through and a file. */
#ifndef POSTERN_CMD_OPTIONS_H
#define POSTERN_CMD_OPTIONS_H

#include <stdbool.h>

struct options {
    const char *conf_file;
    bool json, show, containers;
    bool is_file;        /* --file: not a mail */
    const char *file;    /* OPTIONS_FILE: there is one */
    const char *through; /* of --through; NULL: not given */
};

/* NO_CONFIG: there is no -c; only the given file is read. */
enum options_taken {
    OPTIONS_JSON = 1,
    OPTIONS_FILE = 2,
    OPTIONS_SHOW = 4,
    OPTIONS_NO_CONFIG = 8,
    OPTIONS_THROUGH = 16,
    OPTIONS_CONTAINERS = 32,
    OPTIONS_KIND = 64
};

/* False: the command must end with *status; messages have been printed. */
bool options_read(int argc, char **argv, const char *help, unsigned taken, struct options *options,
                  int *status);

#endif
