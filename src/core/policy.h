/* policy: the action that follows from a verdict. */
#ifndef POSTERN_CORE_POLICY_H
#define POSTERN_CORE_POLICY_H

#include "base/err.h"
#include "conf/conf.h"
#include "core/verdict.h"

enum action policy_action(const struct conf *conf, const struct verdict *verdict);

/* Call for a message that did not end with CRLF.CRLF. Changes the verdict to malformed, unless the rank of
 * the verdict (verdict_rank) is the same or higher. */
void policy_note_bare_end(struct verdict *verdict);

/* As policy_action, except for an undeliverable message, which has a bare-LF dot line [S8]. Its verdict first
 * becomes malformed, unless the rank of the verdict is the same or higher. Its action is never
 * ACTION_DELIVER. */
enum action policy_decide(const struct conf *conf, struct verdict *verdict, bool undeliverable);

/* Returns the error for the client of a message whose action is ACTION_REFUSE. */
enum err policy_refusal(const struct verdict *verdict);

#endif
