/* parent_answers: passes the answers of scan and the keeper, and the result of a reload, to the clients of
 * the control socket that wait for them. */
#ifndef POSTERN_PROC_PARENT_PARENT_ANSWERS_H
#define POSTERN_PROC_PARENT_PARENT_ANSWERS_H

#include "proc/parent/parent_internal.h"

/* Sends `before` and `text`, as one text, to the clients that have requested the current reload. */
void parent_answers_reload_text(struct parent *parent, const char *before, const char *text);
void parent_answers_reload_done(struct parent *parent, bool ok);

/* Takes a child's answer to the request of a client. */
void parent_answers_take(struct child *child, struct ipc *ipc, enum ipc_kind kind, const void *payload);
/* Call when a child has ended. Clients that wait for its answer get an error, or the status without that
 * answer. */
void parent_answers_lost(struct child *child);

#endif
