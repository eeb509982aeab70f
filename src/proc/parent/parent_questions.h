/* parent_questions: what is asked at the control socket, and which process answers that. */
#ifndef POSTERN_PROC_PARENT_PARENT_QUESTIONS_H
#define POSTERN_PROC_PARENT_PARENT_QUESTIONS_H

#include "proc/parent/parent_control_client.h"

void parent_questions_begin(struct control_client *client, const struct control_message *message);
/* The client has waited too long. */
void parent_questions_overdue(struct control_client *client);

#endif
