#include "cmd/options.h"

#include "build_config.h"
#include "cmd/cmd.h"

#include <getopt.h>
#include <stdio.h>

static bool misused(const char *command, int *status)
{
    fprintf(stderr, "postern %s: try --help\n", command);
    *status = CMD_USAGE;
    return false;
}

bool options_read(int argc, char **argv, const char *help, struct options *options, int *status)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'}, {0}};
    const char *command = argv[0];
    int option;

    *options = (struct options){POSTERN_CONFIG_FILE};
    optind = 0;
    while ((option = getopt_long(argc, argv, "+c:h", known, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            *status = CMD_DONE;
            return false;
        }
        if (option != 'c')
            return misused(command, status);
        options->conf_file = optarg;
    }
    if (optind == argc)
        return true;
    fprintf(stderr, "postern %s: unexpected %s\n", command, argv[optind]);
    return misused(command, status);
}
