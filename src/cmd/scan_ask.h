/* scan_ask: asks the running service for the verdict on a message, and for the action that would follow.
 * Nothing is stored or delivered. */
#ifndef POSTERN_CMD_SCAN_ASK_H
#define POSTERN_CMD_SCAN_ASK_H

#include "cmd/service_call.h"
#include "sys/spool.h"

/* Like service_call, but sets `on_answer` and `context`. Nothing can be written to the spool afterwards.
 * undeliverable: the message has a bare-LF dot line (pop3/pop3_text.h). The verdict may be invalid: the
 * caller must check it by verdict_is_valid. */
int scan_ask(struct service_call *call, struct spool *message, enum message_kind kind, bool undeliverable,
             struct control_verdict *answer);

#endif
