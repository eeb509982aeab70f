#include "cmd/scan_ask.h"

#include "cmd/cmd.h"

#include <errno.h>

static void on_answer(void *context, const struct control_message *message)
{
    struct control_verdict *answer = context;

    if (message->kind == CONTROL_VERDICT)
        *answer = message->as.VERDICT;
}

int scan_ask(struct service_call *call, struct spool *message, enum message_kind kind, bool undeliverable,
             struct control_verdict *answer)
{
    struct control_scan request = {
        .size = message->octets, .kind = (uint8_t)kind, .undeliverable = undeliverable};
    int fd = spool_share(message);

    if (fd < 0) {
        service_report_error(call, "cannot share the message: %s", strerror(errno));
        return CMD_FAILED;
    }
    call->on_answer = on_answer;
    call->context = answer;
    return service_call(call, CONTROL_TEST_SCAN, &request, fd);
}
