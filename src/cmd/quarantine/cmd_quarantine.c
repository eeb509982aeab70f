#include "cmd/cmd.h"

#include "build_config.h"
#include "cmd/quarantine/quarantine_change.h"
#include "cmd/quarantine/quarantine_query.h"
#include "cmd/quarantine/quarantine_output.h"
#include "cmd/conf_load.h"

#include <getopt.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>

/* postern quarantine: parses and checks the command line. */

struct request {
    const char *conf_file;
    bool help;
    struct quarantine_options options;
};

enum operands { TAKES_NO_ID, TAKES_AN_ID, TAKES_IDS };

struct verb {
    const char *name;
    enum operands operands;
    int (*run)(const struct conf *conf, const struct quarantine_options *options);
};

static const char help_text[] =
    "usage: postern quarantine [-c FILE] list [--json]\n"
    "       postern quarantine [-c FILE] show ID [--json]\n"
    "       postern quarantine [-c FILE] export ID [-o FILE] [--force] [--json]\n"
    "       postern quarantine [-c FILE] release ID [--everyone] [--json]\n"
    "       postern quarantine [-c FILE] delete ID... [--json]\n"
    "       postern quarantine [-c FILE] expire [--json]\n"
    "\n"
    "Manages the messages that were not delivered. ID is a unique prefix of an incident's id, or the\n"
    "file name given in a notice.\n"
    "\n"
    "  list            print one line per incident, newest first\n"
    "  show            print all that is known about an incident\n"
    "  export          print the original of an incident, byte for byte\n"
    "  release         let the message pass: when fetched again, it is delivered unchanged\n"
    "  delete          remove original, record and release\n"
    "  expire          remove now all incidents that are past [quarantine] retention\n"
    "  -o, --output FILE  export to a new file; - is standard output (default)\n"
    "  --force         export even to a terminal\n"
    "  --everyone      release for all users and servers, not only those of the incident\n"
    "  --json          answer in JSON\n"
    "  -c, --config FILE  the configuration (default: " POSTERN_CONFIG_FILE ")\n"
    "  --help          this text\n";

#define VERBS "list, show, export, release, delete and expire"

static int usage_error(const char *what, const char *why)
{
    quarantine_fail(what, why);
    fputs("postern quarantine: try --help\n", stderr);
    return CMD_USAGE;
}

static const struct verb verbs[] = {
    {"list", TAKES_NO_ID, quarantine_query_list},     {"show", TAKES_AN_ID, quarantine_query_show},
    {"export", TAKES_AN_ID, quarantine_query_export}, {"release", TAKES_AN_ID, quarantine_change_release},
    {"delete", TAKES_IDS, quarantine_change_delete},  {"expire", TAKES_NO_ID, quarantine_change_expire},
};

static const struct verb *verb_find(const char *name)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

static bool parse_options(int argc, char **argv, struct request *request)
{
    enum { JSON = 256, FORCE, EVERYONE };
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"output", required_argument, NULL, 'o'},
        {"json", no_argument, NULL, JSON},
        {"force", no_argument, NULL, FORCE},
        {"everyone", no_argument, NULL, EVERYONE},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int option;

    optind = 0; /* resets getopt */
    while ((option = getopt_long(argc, argv, "c:ho:", options, NULL)) != -1) {
        switch (option) {
        case 'c': request->conf_file = optarg; break;
        case 'o': request->options.output = optarg; break;
        case JSON: request->options.json = true; break;
        case FORCE: request->options.force = true; break;
        case EVERYONE: request->options.everyone = true; break;
        case 'h': request->help = true; break;
        default: return false;
        }
    }
    return true;
}

static size_t max_ids(const struct verb *verb)
{
    switch (verb->operands) {
    case TAKES_NO_ID: return 0;
    case TAKES_AN_ID: return 1;
    case TAKES_IDS: break;
    }
    return SIZE_MAX;
}

/* Returns what is wrong with the arguments, or NULL. */
static const char *usage_fault(const struct verb *verb, const struct quarantine_options *options)
{
    bool has_empty = false;

    for (size_t i = 0; i < options->id_count; i++)
        has_empty |= !options->ids[i][0];
    if (verb->operands != TAKES_NO_ID && (options->id_count == 0 || has_empty))
        return "the id of an incident is missing";
    if (options->id_count > max_ids(verb))
        return verb->operands == TAKES_NO_ID ? "takes no id" : "takes only one id";
    if (options->output && verb->run != quarantine_query_export)
        return "-o is only valid for export";
    if (options->everyone && verb->run != quarantine_change_release)
        return "--everyone is only valid for release";
    return NULL;
}

/* Returns the verb. On failure, prints a message and returns NULL. */
static const struct verb *parse(int argc, char **argv, struct request *request)
{
    const struct verb *verb = optind < argc ? verb_find(argv[optind]) : NULL;
    const char *fault;

    if (!verb) {
        usage_error(optind < argc ? argv[optind] : "a verb is missing",
                    optind < argc ? "unknown verb; the verbs are " VERBS : VERBS);
        return NULL;
    }
    request->options.ids = argv + optind + 1;
    request->options.id_count = (size_t)(argc - optind - 1);
    fault = usage_fault(verb, &request->options);
    if (!fault)
        return verb;
    usage_error(verb->name, fault);
    return NULL;
}

static int run_with_conf(const struct verb *verb, const struct request *request)
{
    struct problems problems = {0};
    struct conf conf = {0};
    int status = CMD_FAILED;

    if (conf_load(&conf, request->conf_file, &problems)) {
        status = verb->run(&conf, &request->options);
    } else {
        for (size_t i = 0; i < problems.n; i++)
            if (problems.at[i].is_error)
                quarantine_fail(problems.at[i].text, "");
    }
    problems_fini(&problems);
    conf_fini(&conf);
    return status;
}

int cmd_quarantine(int argc, char **argv)
{
    struct request request = {.conf_file = POSTERN_CONFIG_FILE};
    const struct verb *verb;
    struct buf help = {0};

    setlocale(LC_CTYPE, "");
    if (!parse_options(argc, argv, &request))
        return CMD_USAGE;
    if (request.help) {
        buf_add(&help, span_of(help_text));
        return quarantine_output(&help);
    }
    verb = parse(argc, argv, &request);
    return verb ? run_with_conf(verb, &request) : CMD_USAGE;
}
