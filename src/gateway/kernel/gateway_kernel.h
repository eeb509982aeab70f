/* gateway_kernel: reads the kernel's policy rules and routes, compares them with ours, and changes them with
 * ip(8). */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_KERNEL_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_KERNEL_H

#include "gateway/plan/gateway_plan.h"
#include "net/routing.h"

enum { GATEWAY_TOOL_MS = 20000 };

/* Index 0: IPv4. Index 1: IPv6; empty if the kernel has no IPv6. */
struct gateway_kernel {
    struct routing_rules rules[2];
    struct routing_routes routes[2];
};

bool gateway_kernel_read(struct gateway_kernel *kernel, struct buf *error);
void gateway_kernel_fini(struct gateway_kernel *kernel);
const struct routing_rules *gateway_kernel_rules(const struct gateway_kernel *kernel, int family);
const struct routing_routes *gateway_kernel_routes(const struct gateway_kernel *kernel, int family);

/* is_rule, is_route: return whether the kernel's rule or route is exactly ours. A rule with further
 * conditions is not ours. same_destination: returns whether the kernel's route has the destination of ours.
 * has_rule, has_route: return whether the kernel has exactly ours. */
bool gateway_kernel_is_rule(const struct routing_rule *actual, const struct gateway_rule *ours);
bool gateway_kernel_same_destination(const struct routing_route *actual, const struct gateway_route *ours);
bool gateway_kernel_is_route(const struct routing_route *actual, const struct gateway_route *ours);
bool gateway_kernel_has_rule(const struct gateway_kernel *kernel, const struct gateway_rule *rule);
bool gateway_kernel_has_route(const struct gateway_kernel *kernel, const struct gateway_route *route);

/* Commands for `ip -batch`, in order. lines[0]: IPv4, lines[1]: IPv6. */
struct gateway_batch {
    struct buf lines[2];
};
void gateway_batch_rule(struct gateway_batch *batch, const struct gateway_rule *rule, const char *verb);
void gateway_batch_route(struct gateway_batch *batch, const struct gateway_route *route, const char *verb);
/* Runs the batch, IPv4 first, and empties it. False with *error: ip failed. The commands before the failed
 * one may have been executed. */
bool gateway_batch_run(struct gateway_batch *batch, struct buf *error);
void gateway_batch_fini(struct gateway_batch *batch);

/* Appends the error message of a tool as one line: "ip: RTNETLINK answers: File exists". */
struct tool_result;
void gateway_tool_error(const char *name, const struct tool_result *result, struct buf *error);

#endif
