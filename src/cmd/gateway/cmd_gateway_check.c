#include "cmd/cmd.h"
#include "cmd/gateway_prepared.h"
#include "cmd/gateway_output.h"
#include "cmd/gateway/gateway_verbs.h"
#include "gateway/check/gateway_check.h"

#include <stdio.h>

/* postern gateway check: compares the kernel's state with the plan. Like diff(1), prints only differences. */

static int print_text(const struct problems *problems)
{
    struct buf text = {0};

    for (size_t i = 0; i < problems->n; i++)
        if (problems->at[i].is_error)
            buf_add_format(&text, "%s\n", problems->at[i].text);
        else
            fprintf(stderr, "postern gateway: warning: %s\n", problems->at[i].text);
    return gateway_output(&text);
}

static int print_json(const struct problems *problems)
{
    return gateway_output_json(
        json_pack("{sb so}", "ok", !problems->errors, "problems", gateway_problems_json(problems)));
}

int cmd_gateway_check(const struct conf *conf, const struct gateway_options *options)
{
    struct gateway_prepared prepared;
    int status;

    if (gateway_prepare(&prepared, conf))
        gateway_check(&prepared.gateway, &prepared.problems);
    status = options->json ? print_json(&prepared.problems) : print_text(&prepared.problems);
    if (prepared.problems.errors)
        status = CMD_FAILED;
    gateway_prepared_fini(&prepared);
    return status;
}
