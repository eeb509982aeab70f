#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/service_call.h"
#include "cmd/status_print.h"

#include "build_config.h"

#include <stdio.h>
#include <stdlib.h>

static const char help_text[] =
    "usage: postern status [-c FILE] [--json]\n"
    "\n"
    "Asks the running service how it is: sessions and messages since its start, engines and\n"
    "their signatures, what is in the quarantine, and its processes. Status 3: it does not run.\n"
    "\n"
    "  --json             answer in JSON\n"
    "  -c, --config FILE  its configuration, " POSTERN_CONFIG_FILE " unless told\n"
    "  --help             this text\n";

static void end_texts(struct control_engine *engine)
{
    engine->name[sizeof engine->name - 1] = '\0';
    engine->signatures[sizeof engine->signatures - 1] = '\0';
}

static void take(void *context, const struct control_message *message)
{
    struct status *status = context;

    if (message->kind == CONTROL_STATE) {
        status->state = message->as.STATE;
        status->state.version[sizeof status->state.version - 1] = '\0';
    } else if (message->kind == CONTROL_ENGINE &&
               status->engine_count < sizeof status->engines / sizeof *status->engines) {
        status->engines[status->engine_count] = message->as.ENGINE;
        end_texts(&status->engines[status->engine_count++]);
    } else if (message->kind == CONTROL_PROCESS) {
        size_t n = status->process_count++;

        status->processes = mem_grow(status->processes, n + 1, sizeof *status->processes);
        status->processes[n] = message->as.PROCESS;
        status->processes[n].role[CONTROL_NAME_MAX - 1] = '\0';
    }
}

static int say(const struct status *status)
{
    struct buf text = {0};
    bool is_said;

    status_print(status, time(NULL), &text);
    is_said = fputs(buf_c_str(&text), stdout) != EOF && fflush(stdout) == 0;
    buf_fini(&text);
    if (!is_said)
        perror("postern status: standard output");
    return is_said ? CMD_DONE : CMD_FAILED;
}

int cmd_status(int argc, char **argv)
{
    struct options options;
    struct status status = {0};
    struct service_call call = {.command = "status", .told = take, .context = &status};
    int result;

    if (!options_read(argc, argv, help_text, OPTIONS_JSON, &options, &result))
        return result;
    call.conf_file = options.conf_file;
    result = service_call(&call, CONTROL_STATUS, &(struct control_none){0}, -1);
    if (result == CMD_DONE)
        result = options.json ? service_say_json("status", status_json(&status, time(NULL))) : say(&status);
    free(status.processes);
    return result;
}
