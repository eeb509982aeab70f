/* policy: the action that follows from a verdict. */
#ifndef POSTERN_CORE_POLICY_H
#define POSTERN_CORE_POLICY_H

#include "base/err.h"
#include "conf/conf.h"
#include "core/verdict.h"

enum action policy_action(const struct conf *conf, const struct verdict *verdict);

/* To be called for a message that did not end with CRLF.CRLF. Changes the verdict to malformed, unless its
 * rank (verdict_rank) is the same or higher. */
void policy_note_bare_end(struct verdict *verdict);

/* As policy_action. An undeliverable message has a bare-LF dot line [S8]. Its verdict first becomes
 * malformed, unless the rank is the same or higher, and the action is never ACTION_DELIVER. */
enum action policy_decide(const struct conf *conf, struct verdict *verdict, bool undeliverable);

/* Returns the error for the client of a message whose action is ACTION_REFUSE. */
enum err policy_refusal(const struct verdict *verdict);

#endif
