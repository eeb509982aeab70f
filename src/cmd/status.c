#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/status_ask.h"

#include "build_config.h"

#include <stdio.h>

static const char help_text[] =
    "usage: postern status [-c FILE] [--json]\n"
    "\n"
    "Prints the state of the running service: sessions and messages since its start, engines and\n"
    "their signatures, the quarantine, and its processes. Status 3: the service does not run.\n"
    "\n"
    "  --json             answer in JSON\n"
    "  -c, --config FILE  the configuration (default: " POSTERN_CONFIG_FILE ")\n"
    "  --help             this text\n";

static int print_status(const struct status *status)
{
    struct buf text = {0};
    bool is_printed;

    status_print(status, time(NULL), &text);
    is_printed = fputs(buf_c_str(&text), stdout) != EOF && fflush(stdout) == 0;
    buf_fini(&text);
    if (!is_printed)
        perror("postern status: standard output");
    return is_printed ? CMD_DONE : CMD_FAILED;
}

int cmd_status(int argc, char **argv)
{
    struct options options;
    struct status status = {0};
    struct service_call call = {.command = "status"};
    int result;

    if (!options_read(argc, argv, help_text, OPTIONS_JSON, &options, &result))
        return result;
    call.conf_file = options.conf_file;
    result = status_ask(&call, &status);
    if (result == CMD_DONE)
        result = options.json ? service_print_json("status", status_json(&status, time(NULL)))
                              : print_status(&status);
    status_fini(&status);
    return result;
}
