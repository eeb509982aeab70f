/* policy: the action that follows from a verdict. */
#ifndef POSTERN_CORE_POLICY_H
#define POSTERN_CORE_POLICY_H

#include "conf/conf.h"
#include "core/verdict.h"

enum action policy_action(const struct conf *conf, const struct verdict *verdict);

/* For a message that did not end with CRLF.CRLF: it is malformed, unless the verdict is worse. */
void policy_note_bare_end(struct verdict *verdict);

/* As policy_action, with what was seen on the wire. An undeliverable message, one with a bare-LF dot line
 * [S8], is malformed unless the engine's verdict is worse, and must never be delivered unmodified. */
enum action policy_decide(const struct conf *conf, struct verdict *verdict, bool undeliverable);

#endif
