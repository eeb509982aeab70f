/* parent_answers: what scan, the keeper and a reload report, for the clients of the control socket that wait
 * for it. */
#ifndef POSTERN_PROC_PARENT_PARENT_ANSWERS_H
#define POSTERN_PROC_PARENT_PARENT_ANSWERS_H

#include "proc/parent/parent_internal.h"

/* For the clients that asked for the reload that goes on. */
void parent_answers_reload_text(struct parent *parent, const char *before, const char *text);
void parent_answers_reload_done(struct parent *parent, bool ok);

/* An answer to a question of a client. */
void parent_answers_take(struct child *child, struct ipc *ipc, enum ipc_kind kind, const void *payload);
/* The child is gone: what it owed is answered with an error. */
void parent_answers_lost(struct child *child);

#endif
