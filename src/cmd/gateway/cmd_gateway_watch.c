#include "cmd/cmd.h"
#include "cmd/gateway_output.h"
#include "cmd/gateway/gateway_verbs.h"
#include "gateway/watch/gateway_watch.h"
#include "gateway/kernel/gateway_facts.h"

/* postern gateway watch: starts gateway/watch/gateway_watch if [gateway] role is set. */

static bool has_role(const struct conf *conf, struct problems *problems)
{
    if (!conf->gateway.roles)
        problems_add(problems, true, "[gateway] role is empty: there is nothing to watch");
    return problems->errors == 0;
}

int cmd_gateway_watch(const struct conf *conf, const struct gateway_options *options)
{
    struct problems problems = {0};
    struct gateway_facts facts;
    bool can_run = has_role(conf, &problems) && gateway_facts_read(conf, &facts, &problems);

    gateway_output_problems(&problems);
    problems_fini(&problems);
    if (!can_run)
        return CMD_FAILED;
    log_set_level(conf->postern.log_level);
    return gateway_watch_run(conf, &facts);
}
