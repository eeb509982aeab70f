#include "cmd/quarantine/quarantine_output.h"

#include "cmd/cmd.h"
#include "sys/durable.h"
#include "sys/write_all.h"

#include <errno.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int quarantine_fail(const char *what, const char *why)
{
    fprintf(stderr, "postern quarantine: %s%s%s\n", what, why[0] ? ": " : "", why);
    return CMD_FAILED;
}

int quarantine_output(struct buf *text)
{
    bool is_written = write_all(STDOUT_FILENO, buf_span(text));
    int reason = errno;

    buf_fini(text);
    return is_written ? CMD_DONE : quarantine_fail("standard output", strerror(reason));
}

bool quarantine_wants_ascii(void)
{
    return isatty(STDOUT_FILENO) && strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

int quarantine_output_json(json_t *value)
{
    struct buf text = {0};
    char *dumped = json_dumps(value, JSON_INDENT(2) | JSON_ENSURE_ASCII);

    json_decref(value);
    buf_add(&text, span_of(dumped));
    buf_add_char(&text, '\n');
    free(dumped);
    return quarantine_output(&text);
}
