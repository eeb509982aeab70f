/* parent_questions: handles the requests at the control socket, and forwards them to the process that can
 * answer. */
#ifndef POSTERN_PROC_PARENT_PARENT_QUESTIONS_H
#define POSTERN_PROC_PARENT_PARENT_QUESTIONS_H

#include "proc/parent/parent_control_client.h"

void parent_questions_begin(struct control_client *client, const struct control_message *message);
/* The client has waited too long. */
void parent_questions_overdue(struct control_client *client);

#endif
