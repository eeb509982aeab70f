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

/* False, after a message: there is one file too many, or none. */
static bool take_operand(int argc, char **argv, unsigned taken, struct options *options)
{
    if (taken & OPTIONS_FILE && optind == argc) {
        fprintf(stderr, "postern %s: a file is required\n", argv[0]);
        return false;
    }
    if (taken & OPTIONS_FILE)
        options->file = argv[optind++];
    if (optind < argc)
        fprintf(stderr, "postern %s: unexpected %s\n", argv[0], argv[optind]);
    return optind == argc;
}

bool options_read(int argc, char **argv, const char *help, unsigned taken, struct options *options,
                  int *status)
{
    enum { JSON = 256, SHOW, CONTAINERS, KIND, THROUGH };
    static const struct option known[] = {{"help", no_argument, NULL, 'h'},
                                          {"config", required_argument, NULL, 'c'},
                                          {"json", no_argument, NULL, JSON},
                                          {"show", no_argument, NULL, SHOW},
                                          {"containers", no_argument, NULL, CONTAINERS},
                                          {"file", no_argument, NULL, KIND},
                                          {"through", required_argument, NULL, THROUGH},
                                          {0}};
    const char *command = argv[0];
    int option;

    *options = (struct options){.conf_file = POSTERN_CONFIG_FILE};
    optind = 0;
    while ((option = getopt_long(argc, argv, taken & OPTIONS_FILE ? "c:h" : "+c:h", known, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            *status = CMD_DONE;
            return false;
        }
        if (option == 'c' && !(taken & OPTIONS_NO_CONFIG))
            options->conf_file = optarg;
        else if (option == JSON && taken & OPTIONS_JSON)
            options->json = true;
        else if (option == SHOW && taken & OPTIONS_SHOW)
            options->show = true;
        else if (option == CONTAINERS && taken & OPTIONS_CONTAINERS)
            options->containers = true;
        else if (option == KIND && taken & OPTIONS_KIND)
            options->is_file = true;
        else if (option == THROUGH && taken & OPTIONS_THROUGH)
            options->through = optarg;
        else
            return misused(command, status);
    }
    return take_operand(argc, argv, taken, options) || misused(command, status);
}
