/* status_ask: asks the running service for its state. */
#ifndef POSTERN_CMD_STATUS_ASK_H
#define POSTERN_CMD_STATUS_ASK_H

#include "cmd/service_call.h"
#include "cmd/status_print.h"

/* Like service_call, but sets `on_answer` and `context`. The caller must call status_fini, also after a
 * failure. */
int status_ask(struct service_call *call, struct status *status);
void status_fini(struct status *status);

#endif
