#include "proc/parent/parent_answers.h"

#include "sys/service.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    ALL_ROLES = 1u << ROLE_KEEPER | 1u << ROLE_READER | 1u << ROLE_SCAN | 1u << ROLE_CLAMAV |
                1u << ROLE_SIGNER | 1u << ROLE_PAGE | 1u << ROLE_RELAY
};

static void notify_reloading(void)
{
    char state[80];

    /* WATCHDOG=1 is sent, too, because the event loop does not run while the configuration is read and
     * checked. */
    snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nWATCHDOG=1",
             process_clock_ms() * 1000);
    service_notify(state);
}

/* Reports the problems to the log, and to the clients that have requested the reload. */
static void report_problems(struct parent *parent, const struct problems *problems)
{
    for (size_t i = 0; i < problems->n; i++) {
        const struct problem *problem = &problems->at[i];

        log_text_at(problem->is_error ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, EVENT_configuration, "%s",
                    problem->text);
        parent_answers_reload_text(parent, problem->is_error ? "" : "warning: ", problem->text);
    }
}

static void check_fixed(const char *name, const char *before, const char *now, struct problems *problems)
{
    if (strcmp(before, now) != 0)
        problems_add(problems, false, "[postern] %s keeps its old value: a change requires a restart", name);
}

/* Checks what depends on the running service. */
static void check(struct parent *parent, const struct conf *conf, struct problems *problems)
{
    const struct conf *first = &parent->setup->config->conf;
    struct buf error = {0};

    check_fixed("runtime_directory", first->postern.runtime_directory, conf->postern.runtime_directory,
                problems);
    check_fixed("pid_file", first->postern.pid_file, conf->postern.pid_file, problems);
    if (!parent_listeners_check(parent, conf, &error))
        problems_add(problems, true, "%s", buf_c_str(&error));
    buf_fini(&error);
}

static void report_end(struct parent *parent, struct span error)
{
    struct buf text = {0};

    buf_add(&text, error);
    if (error.n)
        log_text(EVENT_reload_failed, "%s", buf_c_str(&text));
    else
        log_text(EVENT_reloaded, "the new configuration is in effect");
    service_notify("READY=1");
    if (error.n)
        parent_answers_reload_text(parent, "", buf_c_str(&text));
    parent_answers_reload_done(parent, error.n == 0);
    buf_fini(&text);
}

static void on_change_ended(struct parent *parent, struct span error)
{
    parent_signatures_watch(parent);
    report_end(parent, error);
}

void parent_reload_start(struct parent *parent)
{
    struct problems problems = {0};
    struct parent_config *config;

    if (!parent->reload.is_requested || parent->state != STATE_RUNNING || parent->change.phase != CHANGE_NONE)
        return;
    parent->reload.is_requested = false;
    parent->reload.started++;
    notify_reloading();
    config = parent->setup->load(parent->setup->context, &problems);
    if (config)
        check(parent, &config->conf, &problems);
    report_problems(parent, &problems);
    if (problems.errors == 0) {
        parent_signatures_note(parent, &config->conf);
        parent_change_begin(parent, ALL_ROLES, config, on_change_ended);
    } else {
        if (config)
            parent->setup->unload(&config);
        report_end(parent, SPAN("nothing was changed"));
    }
    problems_fini(&problems);
}

void parent_reload_request(struct parent *parent)
{
    log_text(EVENT_reload, "reading the configuration again");
    parent->reload.is_requested = true;
    parent_reload_start(parent);
}
