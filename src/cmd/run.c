#include "cmd/cmd.h"

#include "build_config.h"
#include "cmd/notice_load.h"
#include "cmd/options.h"
#include "cmd/startup_checks.h"
#include "proc/parent.h"
#include "sys/conf_load.h"
#include "sys/sandbox.h"

#include <stdio.h>

static const char help_text[] =
    "usage: postern run [-c FILE]\n"
    "\n"
    "Starts the service. It stays in the foreground and logs to standard error; SIGTERM stops\n"
    "it when the messages in hand are delivered. Nothing is started if anything is wrong.\n"
    "\n"
    "  -c, --config FILE  the configuration, " POSTERN_CONFIG_FILE " unless told\n"
    "  --help             this text\n";

/* Errors for the person who starts it, as they are; warnings are events of the service's log. */
static void tell(const struct conf_problems *problems)
{
    for (size_t i = 0; i < problems->n; i++)
        if (problems->at[i].is_error)
            fprintf(stderr, "%s\n", problems->at[i].text);
        else
            log_text(LOG_LEVEL_WARNING, "configuration", "%s", problems->at[i].text);
}

static void announce(const struct conf *conf)
{
    log_text(LOG_LEVEL_INFO, "starting", "postern %s", POSTERN_VERSION);
    if (sandbox_landlock_version() == 0)
        log_text(LOG_LEVEL_WARNING, "sandbox_weaker",
                 "this kernel has no Landlock: paths are not fenced off");
}

/* False if anything is wrong. */
static bool prepare(const struct conf *conf, struct notice_template *notices[CONF_LIST_MAX],
                    struct conf_problems *problems)
{
    notice_load(conf, notices, problems);
    startup_check(conf, STARTUP_RUN, problems);
    if (problems->errors == 0)
        startup_make_directories(conf, problems);
    return problems->errors == 0;
}

static int run(const struct conf *conf, struct conf_problems *problems)
{
    struct notice_template *notices[CONF_LIST_MAX];
    struct parent_setup setup = {.conf = conf, .notices = notices, .roles = parent_roles};
    bool is_ready = prepare(conf, notices, problems);
    int status = CMD_FAILED;

    tell(problems);
    if (is_ready) {
        announce(conf);
        status = parent_run(&setup);
    }
    notice_unload(notices);
    return status;
}

int cmd_run(int argc, char **argv)
{
    struct options options;
    struct conf conf = {0};
    struct conf_problems problems = {0};
    int status = CMD_FAILED;

    if (!options_read(argc, argv, help_text, 0, &options, &status))
        return status;
    log_set_process("parent");
    if (conf_load(&conf, options.conf_file, &problems)) {
        log_set_level(conf.postern.log_level);
        status = run(&conf, &problems);
    } else {
        tell(&problems);
    }
    conf_problems_fini(&problems);
    conf_fini(&conf);
    return status;
}
