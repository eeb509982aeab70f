/* policy: what follows from a verdict. */
#ifndef POSTERN_CORE_POLICY_H
#define POSTERN_CORE_POLICY_H

#include "conf/conf.h"
#include "core/verdict.h"

enum action policy_action(const struct conf *conf, const struct verdict *verdict);

/* The message's end was no CRLF.CRLF: it is malformed, unless the verdict is worse. */
void policy_note_bare_end(struct verdict *verdict);

/* The same with what was seen on the wire: the trap of [S8] makes a message malformed, whatever an engine
 * says of the rest, and it can never be sent as it is. */
enum action policy_decide(const struct conf *conf, struct verdict *verdict, bool bare_dot);

#endif
