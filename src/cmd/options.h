/* options: what all but `quarantine` take: -c FILE and --help, and where they say so --json, --show,
 * --containers,
 * --file, --through and a file. */
#ifndef POSTERN_CMD_OPTIONS_H
#define POSTERN_CMD_OPTIONS_H

#include <stdbool.h>

struct options {
    const char *conf_file;
    bool json, show, containers;
    bool is_file;        /* --file: it is no mail */
    const char *file;    /* OPTIONS_FILE: there is one */
    const char *through; /* of --through; NULL: it was not given */
};

/* NO_CONFIG: there is no -c, the file is all that is read. */
enum options_taken {
    OPTIONS_JSON = 1,
    OPTIONS_FILE = 2,
    OPTIONS_SHOW = 4,
    OPTIONS_NO_CONFIG = 8,
    OPTIONS_THROUGH = 16,
    OPTIONS_CONTAINERS = 32,
    OPTIONS_KIND = 64
};

/* False: the command is to end with *status; what there was to say was said. */
bool options_read(int argc, char **argv, const char *help, unsigned taken, struct options *options,
                  int *status);

#endif
