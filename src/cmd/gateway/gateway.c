#include "cmd/cmd.h"

#include "build_config.h"
#include "cmd/gateway_output.h"
#include "cmd/gateway/gateway_verbs.h"
#include "cmd/conf_load.h"

#include <getopt.h>
#include <stdio.h>

/* postern gateway: the verb, and the configuration that all verbs need. */

struct verb {
    const char *name;
    int (*run)(const struct conf *conf, const struct gateway_wish *wish);
    const char *prose;
};

static const struct verb verbs[] = {
    {"plan", cmd_gateway_plan, "print what [gateway] asks for, as commands for a shell"},
    {"apply", cmd_gateway_apply, "install it: all of it, or nothing"},
    {"check", cmd_gateway_check, "print how the running kernel differs from it; status 1: it does"},
    {"remove", cmd_gateway_remove, "remove it, restoring the state before"},
    {"status", cmd_gateway_status, "count packets and connections, by proxy and by rule"},
    {"watch", cmd_gateway_watch, "remove dead proxies from use and put them back; runs until it is stopped"},
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
        fprintf(to, "  %-16s%s\n", verbs[i].name, verbs[i].prose);
    fputs("  --json          answer in JSON\n"
          "  --early         apply only: what is possible before the network is up\n"
          "  -c, --config FILE  the configuration (default: " POSTERN_CONFIG_FILE ")\n"
          "  --help          this text\n",
          to);
}

struct request {
    const char *conf_file;
    bool help;
    struct gateway_wish wish;
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

    optind = 0; /* resets getopt for an argv of our own */
    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        switch (option) {
        case 'c': request->conf_file = optarg; break;
        case JSON: request->wish.json = true; break;
        case EARLY: request->wish.early = true; break;
        case 'h': request->help = true; break;
        default: return false;
        }
    }
    return true;
}

static int misused(const char *what, const char *why)
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

/* What was applied with a valid file can be removed although the file is invalid now. */
static int run_with_conf(const struct verb *verb, const struct request *request)
{
    struct gateway_wish wish = request->wish;
    struct problems problems = {0};
    struct conf conf = {0};
    int status = CMD_FAILED;

    if (!conf_load(&conf, request->conf_file, &problems))
        wish.unread = first_error(&problems);
    if (!wish.unread || verb->run == cmd_gateway_remove)
        status = verb->run(&conf, &wish);
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
        return misused(argv[optind], "unknown verb");
    if (optind + 1 < argc)
        return misused(argv[optind + 1], "unexpected");
    if (request.wish.early && verb->run != cmd_gateway_apply)
        return misused("--early", "is only valid for apply");
    return run_with_conf(verb, &request);
}
