#include "cmd/conf_output.h"

#include "cmd/cmd.h"

#include <errno.h>
#include <stdio.h>

void conf_output_comment(struct buf *out, const char *text)
{
    buf_add(out, SPAN("# "));
    for (; *text; text++)
        buf_add_char(out, (unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text);
    buf_add_char(out, '\n');
}

int conf_output(const char *command, const struct buf *text)
{
    struct span span = buf_span(text);

    if ((span.n == 0 || fwrite(span.p, 1, span.n, stdout) == span.n) && fflush(stdout) == 0)
        return CMD_DONE;
    fprintf(stderr, "postern %s: standard output: %s\n", command, strerror(errno));
    return CMD_FAILED;
}
