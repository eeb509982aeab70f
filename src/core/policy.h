/* policy: the action that follows from a verdict. */
#ifndef POSTERN_CORE_POLICY_H
#define POSTERN_CORE_POLICY_H

#include "conf/conf.h"
#include "core/verdict.h"

enum action policy_action(const struct conf *conf, const struct verdict *verdict);

/* Changes the verdict on a message that did not end with CRLF.CRLF to malformed. A verdict of the same or a
 * higher rank (verdict_rank) stays. */
void policy_note_bare_end(struct verdict *verdict);

/* As policy_action. If the message is undeliverable, because it has a bare-LF dot line [S8], its verdict
 * first becomes malformed under the same condition. The action is then never ACTION_DELIVER. */
enum action policy_decide(const struct conf *conf, struct verdict *verdict, bool undeliverable);

#endif
