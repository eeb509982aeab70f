#include "cmd/cmd.h"

#include "build_config.h"
#include "cmd/conf_output.h"
#include "cmd/containers_output.h"
#include "cmd/engine_trial.h"
#include "cmd/notice_load.h"
#include "cmd/options.h"
#include "cmd/startup_checks.h"
#include "cmd/conf_load.h"

#include <stdio.h>

static const char help_text[] =
    "usage: postern check [-c FILE] [--show | --containers]\n"
    "\n"
    "Reads the configuration and reports all errors in it, all that would keep the service from\n"
    "starting, and warnings. Each engine is tested: it must detect a test virus and report a\n"
    "harmless mail as clean. Status 0: no error.\n"
    "\n"
    "  -c, --config FILE  the configuration (default: " POSTERN_CONFIG_FILE ")\n"
    "  --show             print the resulting configuration, with every key; engines are not tested\n"
    "  --containers       print which archives and disk images are opened; reads no configuration\n"
    "  --help             this text\n";

static int print_conf(const struct conf *conf)
{
    struct buf text = {0};
    int status;

    conf_print(conf, true, &text);
    status = conf_output("check", &text);
    buf_fini(&text);
    return status;
}

int cmd_check(int argc, char **argv)
{
    struct options options;
    struct conf conf = {0};
    struct problems problems = {0};
    struct notice_template *notices[CONF_LIST_MAX] = {0};
    struct buf passed = {0};
    int status, printed = CMD_DONE;

    if (!options_read(argc, argv, help_text, OPTIONS_SHOW | OPTIONS_CONTAINERS, &options, &status))
        return status;
    if (options.containers) {
        containers_output();
        return CMD_DONE;
    }
    if (conf_load(&conf, options.conf_file, &problems)) {
        notice_load(&conf, notices, &problems);
        startup_check(&conf, STARTUP_CHECK, &problems);
        if (problems.errors == 0 && !options.show)
            engine_trial(&conf, &problems, &passed);
        if (options.show)
            printed = print_conf(&conf);
    }
    for (size_t i = 0; i < problems.n; i++)
        fprintf(stderr, "%s%s\n", problems.at[i].is_error ? "" : "warning: ", problems.at[i].text);
    if (problems.errors == 0 && !options.show)
        printf("%s%s: no errors\n", buf_c_str(&passed), options.conf_file);
    buf_fini(&passed);
    status = problems.errors ? CMD_FAILED : printed;
    notice_unload(notices);
    problems_fini(&problems);
    conf_fini(&conf);
    return status;
}
