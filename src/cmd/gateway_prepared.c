#include "cmd/gateway_prepared.h"

#include "cmd/cmd.h"
#include "cmd/gateway_output.h"
#include "gateway/kernel/gateway_facts.h"

static bool prepare(struct gateway_prepared *prepared, const struct conf *conf, bool is_early)
{
    bool is_complete;

    *prepared = (struct gateway_prepared){0};
    is_complete = gateway_facts_read(conf, &prepared->facts, &prepared->problems);
    prepared->facts.is_early = is_early;
    prepared->gateway = (struct gateway){conf, &prepared->facts, &prepared->plan};
    return gateway_plan_make(&prepared->plan, conf, &prepared->facts, &prepared->problems) && is_complete;
}

bool gateway_prepare(struct gateway_prepared *prepared, const struct conf *conf)
{
    return prepare(prepared, conf, false);
}

bool gateway_prepare_early(struct gateway_prepared *prepared, const struct conf *conf)
{
    bool is_complete = prepare(prepared, conf, true);

    gateway_plan_keep_early(&prepared->plan);
    return is_complete;
}

void gateway_prepared_fini(struct gateway_prepared *prepared)
{
    gateway_plan_fini(&prepared->plan);
    problems_fini(&prepared->problems);
}

static int print_line(const char *text)
{
    struct buf line = {0};

    buf_add_format(&line, "%s\n", text);
    return gateway_output(&line);
}

int gateway_prepared_output(const struct gateway_prepared *prepared, bool json, const char *key, bool is_done,
                            const char *text)
{
    int printed = CMD_DONE;

    gateway_output_problems(&prepared->problems);
    if (json)
        printed = gateway_output_json(
            json_pack("{sb so}", key, (int)is_done, "problems", gateway_problems_json(&prepared->problems)));
    else if (text)
        printed = print_line(text);
    return prepared->problems.errors ? CMD_FAILED : printed;
}
