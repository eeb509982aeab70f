/* options: what `run` and `check` take: -c FILE and --help. */
#ifndef POSTERN_CMD_OPTIONS_H
#define POSTERN_CMD_OPTIONS_H

#include <stdbool.h>

struct options {
    const char *conf_file;
};

/* False: the command is to end with *status; what there was to say was said. */
bool options_read(int argc, char **argv, const char *help, struct options *options, int *status);

#endif
