#include "cmd/cmd.h"

#include "build_config.h"
#include "cmd/options.h"

#include <stdio.h>

static const char help_text[] =
    "usage: postern version\n"
    "\n"
    "Prints the name and the version of this program: postern, and three numbers.\n";

int cmd_version(int argc, char **argv)
{
    struct options options;
    int status;

    if (!options_read(argc, argv, help_text, 0, &options, &status))
        return status;
    puts("postern " POSTERN_VERSION);
    return CMD_DONE;
}
