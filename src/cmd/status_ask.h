/* status_ask: how the running service is, as it tells itself. */
#ifndef POSTERN_CMD_STATUS_ASK_H
#define POSTERN_CMD_STATUS_ASK_H

#include "cmd/service_call.h"
#include "cmd/status_print.h"

/* As service_call, whose `told` and `context` it sets. What of the status is owned is freed by
 * status_fini, also after a failure. */
int status_ask(struct service_call *call, struct status *status);
void status_fini(struct status *status);

#endif
