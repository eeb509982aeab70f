#include "cmd/gateway_prepared.h"
#include "cmd/gateway/gateway_verbs.h"
#include "gateway/apply/gateway_apply.h"
#include "gateway/check/gateway_firewall.h"
#include "gateway/check/gateway_preconditions.h"

/* postern gateway apply: installs all of the plan, or nothing. With --early, the plan is only what is
 * possible before the network is up. */

/* With --early, preconditions and firewalls are not checked, because interfaces and proxies may still be
 * missing. */
static enum gateway_applied apply(struct gateway_prepared *prepared, bool is_early)
{
    enum gateway_applied applied;
    struct buf error = {0};

    if (!is_early) {
        gateway_preconditions_check(&prepared->gateway, &prepared->problems);
        gateway_firewall_check(&prepared->gateway, &prepared->problems);
    }
    if (prepared->problems.errors)
        return GATEWAY_APPLY_FAILED;
    applied = gateway_apply(&prepared->gateway, &error);
    if (applied == GATEWAY_APPLY_FAILED)
        problems_add(&prepared->problems, true, "%s", buf_c_str(&error));
    buf_fini(&error);
    return applied;
}

int cmd_gateway_apply(const struct conf *conf, const struct gateway_options *options)
{
    static const char *const texts[] = {[GATEWAY_APPLY_FAILED] = NULL,
                                        [GATEWAY_APPLY_DONE] = "applied",
                                        [GATEWAY_APPLY_NOTHING] = "nothing to do: all is as planned"};
    enum gateway_applied applied = GATEWAY_APPLY_FAILED;
    struct gateway_prepared prepared;
    int status;

    if ((options->early ? gateway_prepare_early : gateway_prepare)(&prepared, conf) &&
        gateway_preconditions_has_access(true, &prepared.problems))
        applied = apply(&prepared, options->early);
    status = gateway_prepared_output(&prepared, options->json, "changed", applied == GATEWAY_APPLY_DONE,
                                     texts[applied]);
    gateway_prepared_fini(&prepared);
    return status;
}
