/* status_ask: the state of the running service, as it reports it. */
#ifndef POSTERN_CMD_STATUS_ASK_H
#define POSTERN_CMD_STATUS_ASK_H

#include "cmd/service_call.h"
#include "cmd/status_print.h"

/* As service_call; it sets `on_answer` and `context`. status_fini frees the status, also after a failure. */
int status_ask(struct service_call *call, struct status *status);
void status_fini(struct status *status);

#endif
