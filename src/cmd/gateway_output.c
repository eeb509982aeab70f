#include "cmd/gateway_output.h"

#include "cmd/cmd.h"
#include "cmd/conf_output.h"

#include <stdio.h>
#include <stdlib.h>

int gateway_output(struct buf *text)
{
    int status = conf_output("gateway", text);

    buf_fini(text);
    return status;
}

int gateway_output_json(json_t *value)
{
    struct buf text = {0};
    char *dumped = json_dumps(value, JSON_INDENT(2) | JSON_ENSURE_ASCII);

    json_decref(value);
    if (!dumped) {
        fputs("postern gateway: out of memory\n", stderr);
        return CMD_FAILED;
    }
    buf_add_format(&text, "%s\n", dumped);
    free(dumped);
    return gateway_output(&text);
}

void gateway_output_problems(const struct problems *problems)
{
    for (size_t i = 0; i < problems->n; i++)
        fprintf(stderr, "postern gateway: %s%s\n",
                problems->at[i].is_error ? "" : "warning: ", problems->at[i].text);
}

json_t *gateway_problems_json(const struct problems *problems)
{
    json_t *list = json_array();

    for (size_t i = 0; i < problems->n; i++)
        json_array_append_new(
            list, json_pack("{s:b, s:s}", "error", problems->at[i].is_error, "text", problems->at[i].text));
    return list;
}
