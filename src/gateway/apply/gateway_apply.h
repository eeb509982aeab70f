/* gateway_apply: the plan, brought into the kernel: all of it, or nothing.
 *
 * In an order that fails closed: what would let mail pass unscanned comes last. Before the first change the
 * journal (gateway/apply/gateway_state) is on the disk; a step that fails has itself and those before it
 * undone; who is killed leaves a journal by which the next apply or remove cleans up. Where all is as planned
 * already, nothing is done, so that counters and remembered connections stay. */
#ifndef POSTERN_GATEWAY_APPLY_GATEWAY_APPLY_H
#define POSTERN_GATEWAY_APPLY_GATEWAY_APPLY_H

#include "gateway/kernel/gateway.h"

enum gateway_applied { GATEWAY_APPLY_FAILED, GATEWAY_APPLY_DONE, GATEWAY_APPLY_NOTHING };

/* *error: what failed and what became of it, where it failed. */
enum gateway_applied gateway_apply(const struct gateway *gateway, struct buf *error);

#endif
