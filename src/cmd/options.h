/* options: parses the command line of all subcommands except gateway, quarantine, tls and trace. --help is
 * always accepted. -c is accepted unless OPTIONS_NO_CONFIG is given. The other options are in enum
 * options_accepted. */
#ifndef POSTERN_CMD_OPTIONS_H
#define POSTERN_CMD_OPTIONS_H

#include <stdbool.h>

struct options {
    const char *conf_file;
    bool json, show, containers;
    bool is_file;        /* --file */
    const char *operand; /* never NULL with OPTIONS_OPERAND */
    const char *through; /* HOST of --through; NULL: not given */
};

enum options_accepted {
    OPTIONS_JSON = 1,
    OPTIONS_OPERAND = 2,
    OPTIONS_SHOW = 4,
    OPTIONS_NO_CONFIG = 8, /* -c is not accepted */
    OPTIONS_THROUGH = 16,
    OPTIONS_CONTAINERS = 32,
    OPTIONS_FILE = 64
};

/* False: the command must exit with *status. A message or the help was printed. */
bool options_read(int argc, char **argv, const char *help, unsigned accepted, struct options *options,
                  int *status);

#endif
