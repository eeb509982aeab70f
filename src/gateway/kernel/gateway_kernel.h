/* gateway_kernel: the policy rules and routes that the kernel has now, held against ours, and changed by
 * ip(8).
 */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_KERNEL_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_KERNEL_H

#include "gateway/plan/gateway_plan.h"
#include "net/routing.h"

enum { GATEWAY_TOOL_MS = 20000 };

/* Of both families; a kernel without IPv6 has none of that one. */
struct gateway_kernel {
    struct routing_rules rules[2];
    struct routing_routes routes[2];
};

bool gateway_kernel_read(struct gateway_kernel *kernel, struct buf *error);
void gateway_kernel_fini(struct gateway_kernel *kernel);
const struct routing_rules *gateway_kernel_rules(const struct gateway_kernel *kernel, int family);
const struct routing_routes *gateway_kernel_routes(const struct gateway_kernel *kernel, int family);

/* Exactly ours: a rule that asks for more than the mark is another's. */
bool gateway_kernel_is_rule(const struct routing_rule *is, const struct gateway_rule *ours);
bool gateway_kernel_is_destination(const struct routing_route *is, const struct gateway_route *ours);
bool gateway_kernel_is_route(const struct routing_route *is, const struct gateway_route *ours);
bool gateway_kernel_has_rule(const struct gateway_kernel *kernel, const struct gateway_rule *rule);
bool gateway_kernel_has_route(const struct gateway_kernel *kernel, const struct gateway_route *route);

/* Commands for `ip -batch`, one list a family, in their order. */
struct gateway_batch {
    struct buf lines[2];
};
void gateway_batch_rule(struct gateway_batch *batch, const struct gateway_rule *rule, const char *verb);
void gateway_batch_route(struct gateway_batch *batch, const struct gateway_route *route, const char *verb);
/* Empties the batch. False: *error is what ip said; what stood before the line that failed is done. */
bool gateway_batch_run(struct gateway_batch *batch, struct buf *error);
void gateway_batch_fini(struct gateway_batch *batch);

/* What a tool that failed had to say, on one line: "ip: RTNETLINK answers: File exists". */
struct tool_result;
void gateway_tool_error(const char *name, const struct tool_result *result, struct buf *error);

#endif
