/* gateway_apply: installs the plan in the kernel, either all of it or nothing.
 *
 * The order fails closed: forwarding is enabled only after the table, the rules and the routes are installed.
 * The journal (gateway/apply/gateway_state) is on disk before the first change. If a step fails, that step
 * and the earlier ones are undone. If one of them cannot be undone, the journal is kept. A crash between two
 * steps leaves a journal, too. The next apply or remove uses it to clean up.
 *
 * If everything is already as planned, nothing is changed, so that counters and remembered connections are
 * kept. */
#ifndef POSTERN_GATEWAY_APPLY_GATEWAY_APPLY_H
#define POSTERN_GATEWAY_APPLY_GATEWAY_APPLY_H

#include "gateway/kernel/gateway.h"

enum gateway_applied { GATEWAY_APPLY_FAILED, GATEWAY_APPLY_DONE, GATEWAY_APPLY_NOTHING };

/* If it fails, *error has the reason. If a step has failed, *error also names the step, and says whether all
 * changes were undone. */
enum gateway_applied gateway_apply(const struct gateway *gateway, struct buf *error);

#endif
