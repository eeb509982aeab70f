#include "cmd/gateway_prepared.h"
#include "cmd/gateway/gateway_verbs.h"
#include "gateway/check/gateway_preconditions.h"
#include "gateway/apply/gateway_remove.h"

/* postern gateway remove: removes what apply has installed, and restores the sysctls. */

static enum gateway_removed remove_plan(const struct conf *conf, const struct gateway_plan *plan,
                                        struct problems *problems)
{
    enum gateway_removed removed;
    struct buf error = {0};

    if (!gateway_preconditions_has_access(true, problems))
        return GATEWAY_REMOVE_FAILED;
    removed = gateway_remove(conf->postern.runtime_directory, plan, problems, &error);
    if (removed == GATEWAY_REMOVE_FAILED)
        problems_add(problems, true, "%s", buf_c_str(&error));
    buf_fini(&error);
    return removed;
}

/* Returns whether there is a plan. There is none if the configuration has an error, or if the plan could not
 * be made. Then remove follows only the journal. */
static bool prepare(struct gateway_prepared *prepared, const struct conf *conf, const char *conf_error)
{
    bool has_plan = false;

    *prepared = (struct gateway_prepared){0};
    if (!conf_error)
        has_plan = gateway_prepare(prepared, conf);
    problems_fini(&prepared->problems);
    if (conf_error)
        problems_add(&prepared->problems, false,
                     "the configuration could not be read (%s): only what the journal in %s lists "
                     "is removed",
                     conf_error, conf->postern.runtime_directory);
    return has_plan;
}

int cmd_gateway_remove(const struct conf *conf, const struct gateway_options *options)
{
    static const char *const texts[] = {[GATEWAY_REMOVE_FAILED] = NULL,
                                        [GATEWAY_REMOVE_DONE] = "removed",
                                        [GATEWAY_REMOVE_NOTHING] = "nothing to remove"};
    struct gateway_prepared prepared;
    bool has_plan = prepare(&prepared, conf, options->conf_error);
    enum gateway_removed removed = remove_plan(conf, has_plan ? &prepared.plan : NULL, &prepared.problems);
    int status = gateway_prepared_output(&prepared, options->json, "changed", removed == GATEWAY_REMOVE_DONE,
                                         texts[removed]);

    gateway_prepared_fini(&prepared);
    return status;
}
