/* policy: the action that follows from a verdict. */
#ifndef POSTERN_CORE_POLICY_H
#define POSTERN_CORE_POLICY_H

#include "conf/conf.h"
#include "core/verdict.h"

enum action policy_action(const struct conf *conf, const struct verdict *verdict);

/* Changes the verdict on a message that did not end with CRLF.CRLF to malformed, unless the verdict has the
 * same or a higher rank (verdict_rank). */
void policy_note_bare_end(struct verdict *verdict);

/* As policy_action. The verdict on an undeliverable message, one with a bare-LF dot line [S8], is first
 * changed as by policy_note_bare_end; such a message is never delivered unmodified. */
enum action policy_decide(const struct conf *conf, struct verdict *verdict, bool undeliverable);

#endif
