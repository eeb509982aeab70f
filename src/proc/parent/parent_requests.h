/* parent_requests: handles the requests at the control socket. Forwards them to scan or the keeper, or begins
 * a reload. Scan and the keeper have ASK_MS to answer a status request. */
#ifndef POSTERN_PROC_PARENT_PARENT_REQUESTS_H
#define POSTERN_PROC_PARENT_PARENT_REQUESTS_H

#include "proc/parent/parent_control_client.h"

void parent_requests_begin(struct control_client *client, const struct control_message *message);
/* Call when the timer of the client has expired. */
void parent_requests_overdue(struct control_client *client);

#endif
