#include "cmd/tls/tls_output.h"

#include "cmd/cmd.h"

#include <stdio.h>

int tls_output_error(struct buf *error)
{
    fprintf(stderr, "postern tls: %s\n", buf_c_str(error));
    buf_fini(error);
    return CMD_FAILED;
}

void tls_output_problems(const struct problems *problems)
{
    for (size_t i = 0; i < problems->n; i++)
        fprintf(stderr, "postern tls: %s%s\n",
                problems->at[i].is_error ? "" : "warning: ", problems->at[i].text);
}
