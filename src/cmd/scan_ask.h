/* scan_ask: what the running service's engines say of a message, and what would become of it. Nothing is
 * stored, and no client hears of it. */
#ifndef POSTERN_CMD_SCAN_ASK_H
#define POSTERN_CMD_SCAN_ASK_H

#include "cmd/service_call.h"
#include "sys/spool.h"

/* As service_call, whose `told` and `context` it sets; ends writing to the spool. undeliverable: the
 * message has a bare-LF dot line (pop3/pop3_text.h). The answer may be none (verdict_is_valid tells). */
int scan_ask(struct service_call *call, struct spool *message, enum message_kind kind, bool undeliverable,
             struct control_verdict *answer);

#endif
