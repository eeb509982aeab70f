#include "cmd/cmd.h"

#include "build_config.h"
#include "cmd/gateway_output.h"
#include "cmd/gateway/gateway_verbs.h"
#include "cmd/conf_load.h"

#include <getopt.h>
#include <stdio.h>

/* postern gateway: parses the command line and loads the configuration for the verb. */

struct verb {
    const char *name;
    int (*run)(const struct conf *conf, const struct gateway_options *options);
    const char *help;
};

static const struct verb verbs[] = {
    {"plan", cmd_gateway_plan, "print the plan of [gateway], as shell commands"},
    {"apply", cmd_gateway_apply, "install the plan: all of it, or nothing"},
    {"check", cmd_gateway_check, "print how the kernel's state differs from the plan; status 1: it does"},
    {"remove", cmd_gateway_remove, "remove the plan and restore the state before apply"},
    {"status", cmd_gateway_status, "print counters of packets and connections, by proxy and by rule"},
    {"watch", cmd_gateway_watch,
     "keep the plan installed, give dead proxies no connections; runs until stopped"},
};

enum { VERBS = sizeof verbs / sizeof verbs[0] };

static void print_help(FILE *to)
{
    fputs("usage: postern gateway VERB [-c FILE] [--json]\n"
          "\n"
          "Diverts mail to Postern as configured in [gateway], by packet filter, policy rules, routes and\n"
          "sysctls.\n"
          "\n",
          to);
    for (size_t i = 0; i < VERBS; i++)
        fprintf(to, "  %-16s%s\n", verbs[i].name, verbs[i].help);
    fputs("  --json          answer in JSON\n"
          "  --early         apply only: what is possible before the network is up\n"
          "  -c, --config FILE  the configuration (default: " POSTERN_CONFIG_FILE ")\n"
          "  --help          this text\n",
          to);
}

struct request {
    const char *conf_file;
    bool help;
    struct gateway_options options;
};

static bool parse_options(int argc, char **argv, struct request *request)
{
    enum { JSON = 256, EARLY };
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"json", no_argument, NULL, JSON},
        {"early", no_argument, NULL, EARLY},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int option;

    optind = 0; /* resets getopt */
    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        switch (option) {
        case 'c': request->conf_file = optarg; break;
        case JSON: request->options.json = true; break;
        case EARLY: request->options.early = true; break;
        case 'h': request->help = true; break;
        default: return false;
        }
    }
    return true;
}

static int usage_error(const char *what, const char *why)
{
    fprintf(stderr, "postern gateway: %s: %s\npostern gateway: try --help\n", what, why);
    return CMD_USAGE;
}

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < VERBS; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

static const char *first_error(const struct problems *problems)
{
    for (size_t i = 0; i < problems->n; i++)
        if (problems->at[i].is_error)
            return problems->at[i].text;
    return NULL;
}

/* Only remove accepts a configuration with errors, because it must always be possible to remove what was
 * applied. */
static int run_with_conf(const struct verb *verb, const struct request *request)
{
    struct gateway_options options = request->options;
    struct problems problems = {0};
    struct conf conf = {0};
    int status = CMD_FAILED;

    if (!conf_load(&conf, request->conf_file, &problems))
        options.conf_error = first_error(&problems);
    if (!options.conf_error || verb->run == cmd_gateway_remove)
        status = verb->run(&conf, &options);
    else
        gateway_output_problems(&problems);
    problems_fini(&problems);
    conf_fini(&conf);
    return status;
}

int cmd_gateway(int argc, char **argv)
{
    struct request request = {.conf_file = POSTERN_CONFIG_FILE};
    const struct verb *verb;

    if (!parse_options(argc, argv, &request))
        return CMD_USAGE;
    if (request.help) {
        print_help(stdout);
        return CMD_DONE;
    }
    if (optind == argc) {
        print_help(stderr);
        return CMD_USAGE;
    }
    verb = find_verb(argv[optind]);
    if (!verb)
        return usage_error(argv[optind], "unknown verb");
    if (optind + 1 < argc)
        return usage_error(argv[optind + 1], "unexpected argument");
    if (request.options.early && verb->run != cmd_gateway_apply)
        return usage_error("--early", "is only valid for apply");
    return run_with_conf(verb, &request);
}
