#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/service_call.h"

#include "build_config.h"

#include <stdio.h>

static const char help_text[] =
    "usage: postern reload [-c FILE] [--json]\n"
    "\n"
    "Makes the running service check the configuration and use it for new sessions. If there is an\n"
    "error, it is printed, the service does not change, and the status is 1.\n"
    "Status 3: the service does not run.\n"
    "\n"
    "  --json             answer in JSON\n"
    "  -c, --config FILE  the configuration (default: " POSTERN_CONFIG_FILE ")\n"
    "  --help             this text\n";

static void ignore_answer(void *context, const struct control_message *message)
{
}

static int print_json(int result, struct buf *texts)
{
    json_t *lines = json_array();
    struct span rest = buf_span(texts);

    while (rest.n) {
        const char *end = memchr(rest.p, '\n', rest.n);
        size_t n = end ? (size_t)(end - rest.p) : rest.n;

        json_array_append_new(lines, json_stringn(rest.p, n));
        rest = span_from(rest, n + 1);
    }
    service_print_json("reload", json_pack("{s:b, s:o}", "reloaded", result == CMD_DONE, "problems", lines));
    return result;
}

int cmd_reload(int argc, char **argv)
{
    struct options options;
    struct buf texts = {0};
    struct service_call call = {.command = "reload", .on_answer = ignore_answer};
    int result;

    if (!options_read(argc, argv, help_text, OPTIONS_JSON, &options, &result))
        return result;
    call.conf_file = options.conf_file;
    call.texts = options.json ? &texts : NULL;
    result = service_call(&call, CONTROL_RELOAD, &(struct control_none){0}, -1);
    if (options.json && result != CMD_NOT_RUNNING)
        print_json(result, &texts);
    else if (result == CMD_DONE)
        puts("reloaded");
    buf_fini(&texts);
    return result;
}
