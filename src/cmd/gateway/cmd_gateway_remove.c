#include "cmd/gateway_prepared.h"
#include "cmd/gateway/gateway_verbs.h"
#include "gateway/check/gateway_preconditions.h"
#include "gateway/apply/gateway_remove.h"

/* postern gateway remove: restores the state before apply. */

static enum gateway_removed take_away(const struct conf *conf, const struct gateway_plan *plan,
                                      struct problems *problems)
{
    enum gateway_removed removed;
    struct buf error = {0};

    if (!gateway_preconditions_can(true, problems))
        return GATEWAY_REMOVE_FAILED;
    removed = gateway_remove(conf->postern.runtime_directory, plan, problems, &error);
    if (removed == GATEWAY_REMOVE_FAILED)
        problems_add(problems, true, "%s", buf_c_str(&error));
    buf_fini(&error);
    return removed;
}

/* What was applied must be removed even if the configuration no longer gives a valid plan. */
static bool prepare(struct gateway_prepared *prepared, const struct conf *conf, const char *unread)
{
    bool has_plan = false;

    *prepared = (struct gateway_prepared){0};
    if (!unread)
        has_plan = gateway_prepare(prepared, conf);
    problems_fini(&prepared->problems);
    if (unread)
        problems_add(&prepared->problems, false,
                     "the configuration could not be read (%s): what is removed is what the journal "
                     "in %s lists",
                     unread, conf->postern.runtime_directory);
    return has_plan;
}

int cmd_gateway_remove(const struct conf *conf, const struct gateway_wish *wish)
{
    static const char *const texts[] = {[GATEWAY_REMOVE_FAILED] = NULL,
                                        [GATEWAY_REMOVE_DONE] = "removed",
                                        [GATEWAY_REMOVE_NOTHING] = "nothing to remove"};
    struct gateway_prepared prepared;
    bool has_plan = prepare(&prepared, conf, wish->unread);
    enum gateway_removed removed = take_away(conf, has_plan ? &prepared.plan : NULL, &prepared.problems);
    int status = gateway_prepared_say(&prepared, wish->json, "changed", removed == GATEWAY_REMOVE_DONE,
                                      texts[removed]);

    gateway_prepared_fini(&prepared);
    return status;
}
