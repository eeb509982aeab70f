#include "cmd/cmd.h"

#include "cmd/conf_output.h"
#include "cmd/options.h"
#include "cmd/conf_load.h"

#include <stdio.h>

static const char help_text[] =
    "usage: postern convert FILE\n"
    "\n"
    "Prints the configuration FILE, usually one of P3Scan, in Postern's own format: the settings\n"
    "that differ from the defaults, and the warnings as comments. Only the file is checked.\n"
    "Status 0: the file has no error.\n"
    "\n"
    "  --help  this text\n";

static void print_errors(const struct problems *problems)
{
    for (size_t i = 0; i < problems->n; i++)
        if (problems->at[i].is_error)
            fprintf(stderr, "%s\n", problems->at[i].text);
}

static void add_heading(struct buf *out, const char *file, const struct problems *problems)
{
    struct buf line = {0};

    buf_add_format(&line, "Converted from %s. Settings that are not here have their defaults.", file);
    conf_output_comment(out, buf_c_str(&line));
    if (problems->n)
        buf_add(out, SPAN("#\n# Warnings:\n"));
    for (size_t i = 0; i < problems->n; i++)
        conf_output_comment(out, problems->at[i].text);
    buf_add_char(out, '\n');
    buf_fini(&line);
}

int cmd_convert(int argc, char **argv)
{
    struct options options;
    struct conf conf = {0};
    struct problems problems = {0};
    struct buf text = {0};
    int status;

    if (!options_read(argc, argv, help_text, OPTIONS_OPERAND | OPTIONS_NO_CONFIG, &options, &status))
        return status;
    if (conf_load_as_written(&conf, options.operand, &problems)) {
        add_heading(&text, options.operand, &problems);
        conf_print(&conf, false, &text);
        status = conf_output("convert", &text);
    } else {
        print_errors(&problems);
        status = CMD_FAILED;
    }
    buf_fini(&text);
    problems_fini(&problems);
    conf_fini(&conf);
    return status;
}
