#include "cmd/options.h"

#include "build_config.h"
#include "cmd/cmd.h"

#include <getopt.h>
#include <stdio.h>

static bool usage_error(const char *command, int *status)
{
    fprintf(stderr, "postern %s: try --help\n", command);
    *status = CMD_USAGE;
    return false;
}

/* False: the operand is missing, or there are further arguments. A message was printed. */
static bool take_operand(int argc, char **argv, unsigned accepted, struct options *options)
{
    if (accepted & OPTIONS_OPERAND && optind == argc) {
        fprintf(stderr, "postern %s: a file is required\n", argv[0]);
        return false;
    }
    if (accepted & OPTIONS_OPERAND)
        options->operand = argv[optind++];
    if (optind < argc)
        fprintf(stderr, "postern %s: unexpected argument %s\n", argv[0], argv[optind]);
    return optind == argc;
}

bool options_read(int argc, char **argv, const char *help, unsigned accepted, struct options *options,
                  int *status)
{
    enum { JSON = 256, SHOW, CONTAINERS, FILE_OPTION, THROUGH };
    static const struct option known[] = {{"help", no_argument, NULL, 'h'},
                                          {"config", required_argument, NULL, 'c'},
                                          {"json", no_argument, NULL, JSON},
                                          {"show", no_argument, NULL, SHOW},
                                          {"containers", no_argument, NULL, CONTAINERS},
                                          {"file", no_argument, NULL, FILE_OPTION},
                                          {"through", required_argument, NULL, THROUGH},
                                          {0}};
    const char *command = argv[0];
    int option;

    *options = (struct options){.conf_file = POSTERN_CONFIG_FILE};
    optind = 0;
    while ((option = getopt_long(argc, argv, accepted & OPTIONS_OPERAND ? "c:h" : "+c:h", known, NULL)) !=
           -1) {
        if (option == 'h') {
            fputs(help, stdout);
            *status = CMD_DONE;
            return false;
        }
        if (option == 'c' && !(accepted & OPTIONS_NO_CONFIG))
            options->conf_file = optarg;
        else if (option == JSON && accepted & OPTIONS_JSON)
            options->json = true;
        else if (option == SHOW && accepted & OPTIONS_SHOW)
            options->show = true;
        else if (option == CONTAINERS && accepted & OPTIONS_CONTAINERS)
            options->containers = true;
        else if (option == FILE_OPTION && accepted & OPTIONS_FILE)
            options->is_file = true;
        else if (option == THROUGH && accepted & OPTIONS_THROUGH)
            options->through = optarg;
        else
            return usage_error(command, status);
    }
    return take_operand(argc, argv, accepted, options) || usage_error(command, status);
}
