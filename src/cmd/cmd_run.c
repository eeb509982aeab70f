#include "cmd/cmd.h"

#include "base/buf.h"
#include "build_config.h"
#include "cmd/notice_load.h"
#include "cmd/options.h"
#include "cmd/startup_checks.h"
#include "cmd/tls_passphrase.h"
#include "proc/parent/parent.h"
#include "cmd/conf_load.h"
#include "sys/log_output.h"
#include "sys/sandbox.h"

#include <stdio.h>
#include <stdlib.h>

static const char help_text[] =
    "usage: postern run [-c FILE]\n"
    "\n"
    "Starts the service. It stays in the foreground and logs to standard error; SIGTERM stops it\n"
    "once the messages in progress are delivered, SIGHUP reloads the configuration.\n"
    "Nothing is started if the configuration or the system has an error.\n"
    "If the keys of [tls] are encrypted, and no file or credential has their passphrase, it is asked\n"
    "for on the terminal.\n"
    "\n"
    "  -c, --config FILE  the configuration (default: " POSTERN_CONFIG_FILE ")\n"
    "  --help             this text\n";

/* Prints errors to standard error, and logs warnings. */
static void report(const struct problems *problems)
{
    for (size_t i = 0; i < problems->n; i++)
        if (problems->at[i].is_error)
            fprintf(stderr, "%s\n", problems->at[i].text);
        else
            log_text(EVENT_configuration, "%s", problems->at[i].text);
}

static void log_start(void)
{
    log_text(EVENT_starting, "postern %s", POSTERN_VERSION);
    if (sandbox_landlock_version() == 0)
        log_text(EVENT_sandbox_weaker, "this kernel has no Landlock: access to paths is not restricted");
}

static void unload(struct parent_config **config)
{
    if (!*config)
        return;
    notice_unload((*config)->notices);
    conf_fini(&(*config)->conf);
    free(*config);
    *config = NULL;
}

/* Returns NULL if there is an error. */
static struct parent_config *load(const char *conf_file, enum startup_purpose purpose,
                                  struct problems *problems)
{
    struct parent_config *config = mem_alloc_zero(sizeof *config);

    if (conf_load(&config->conf, conf_file, problems)) {
        if (purpose == STARTUP_RUN)
            log_set_level(config->conf.postern.log_level);
        notice_load(&config->conf, config->notices, problems);
        startup_check(&config->conf, purpose, problems);
        if (problems->errors == 0)
            startup_make_directories(&config->conf, problems);
        if (problems->errors == 0)
            startup_check_parts(&config->conf, purpose, STARTUP_STORE, problems);
    }
    if (problems->errors)
        unload(&config);
    return config;
}

static struct parent_config *reload(void *context, struct problems *problems)
{
    return load(context, STARTUP_RELOAD, problems);
}

static bool get_passphrase(const struct conf *conf, struct secret *passphrase)
{
    struct buf error = {0};
    bool is_known =
        conf->tls.mode != TLS_MODE_INTERCEPT || tls_passphrase_get(&conf->tls, passphrase, &error);

    if (!is_known)
        fprintf(stderr, "%s\n", buf_c_str(&error));
    buf_fini(&error);
    return is_known;
}

int cmd_run(int argc, char **argv)
{
    struct options options;
    struct problems problems = {0};
    struct log_output log;
    struct parent_setup setup = {.roles = parent_roles, .load = reload, .unload = unload, .log = &log};
    struct secret passphrase = SECRET_EMPTY;
    int status = CMD_FAILED;

    if (!options_read(argc, argv, help_text, 0, &options, &status))
        return status;
    log_output_open(&log);
    log_set_process("parent");
    setup.config = load(options.conf_file, STARTUP_RUN, &problems);
    setup.context = (void *)(uintptr_t)options.conf_file;
    report(&problems);
    problems_fini(&problems);
    if (setup.config && get_passphrase(&setup.config->conf, &passphrase)) {
        setup.passphrase_fd = passphrase.p ? passphrase.fd : 0;
        log_start();
        status = parent_run(&setup);
    }
    secret_fini(&passphrase);
    unload(&setup.config);
    log_output_close(&log);
    return status;
}
