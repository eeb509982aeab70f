#include "cmd/status_ask.h"

#include <stdlib.h>

static void terminate_texts(struct control_engine *engine)
{
    engine->name[sizeof engine->name - 1] = '\0';
    engine->signatures[sizeof engine->signatures - 1] = '\0';
    engine->failure[sizeof engine->failure - 1] = '\0';
}

static void on_answer(void *context, const struct control_message *message)
{
    struct status *status = context;

    if (message->kind == CONTROL_STATE) {
        status->state = message->as.STATE;
        status->state.version[sizeof status->state.version - 1] = '\0';
    } else if (message->kind == CONTROL_ENGINE &&
               status->engine_count < sizeof status->engines / sizeof *status->engines) {
        status->engines[status->engine_count] = message->as.ENGINE;
        terminate_texts(&status->engines[status->engine_count++]);
    } else if (message->kind == CONTROL_PROCESS) {
        size_t n = status->process_count++;

        status->processes = mem_grow(status->processes, n + 1, sizeof *status->processes);
        status->processes[n] = message->as.PROCESS;
        status->processes[n].role[CONTROL_NAME_MAX - 1] = '\0';
    }
}

int status_ask(struct service_call *call, struct status *status)
{
    call->on_answer = on_answer;
    call->context = status;
    return service_call(call, CONTROL_STATUS, &(struct control_none){0}, -1);
}

void status_fini(struct status *status)
{
    free(status->processes);
    *status = (struct status){0};
}
