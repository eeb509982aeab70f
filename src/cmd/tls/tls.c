#include "cmd/cmd.h"

#include "build_config.h"
#include "cmd/conf_load.h"
#include "cmd/tls/tls_output.h"
#include "cmd/tls/tls_verbs.h"

#include <getopt.h>
#include <stdio.h>

/* postern tls: parses the command line and loads the configuration for the verb. */

struct verb {
    const char *name;
    int (*run)(const struct conf *conf, const struct tls_options *options);
    const char *help;
};

static const struct verb verbs[] = {
    {"init", cmd_tls_init, "make the certificate authority in [tls] directory"},
    {"show", cmd_tls_show, "print its names, dates and fingerprints"},
    {"renew", cmd_tls_renew, "make new certificates for the same keys; the old ones stay valid"},
    {"export", cmd_tls_export, "print the certificate that clients must trust"},
};

enum { VERBS = sizeof verbs / sizeof verbs[0] };

static void print_help(FILE *to)
{
    fputs("usage: postern tls VERB [-c FILE] ...\n"
          "\n"
          "The certificate authority with which [tls] mode = intercept reads encrypted connections.\n"
          "\n",
          to);
    for (size_t i = 0; i < VERBS; i++)
        fprintf(to, "  %-16s%s\n", verbs[i].name, verbs[i].help);
    fputs("  --name NAME     init: the name of the authority (default: Postern on HOST)\n"
          "  --permit WORDS  init: the domains for which it may issue certificates (default: all)\n"
          "  --passphrase    init: ask for a passphrase on the terminal, and encrypt the keys with it\n"
          "  --format F      export: pem (default), der, or mobileconfig, a profile for Apple devices\n"
          "  --output FILE   export: write to this file, which must not exist\n"
          "  --json          show: answer in JSON\n"
          "  -c, --config FILE  the configuration (default: " POSTERN_CONFIG_FILE ")\n"
          "  --help          this text\n",
          to);
}

struct request {
    const char *conf_file;
    bool help;
    struct tls_options options;
};

static int usage_error(const char *what, const char *why)
{
    fprintf(stderr, "postern tls: %s: %s\npostern tls: try --help\n", what, why);
    return CMD_USAGE;
}

static bool parse_format(const char *word, enum tls_export_format *format)
{
    static const char *const words[] = {"pem", "der", "mobileconfig"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i]) == 0) {
            *format = (enum tls_export_format)i;
            return true;
        }
    usage_error(word, "unknown format");
    return false;
}

static bool parse_options(int argc, char **argv, struct request *request)
{
    enum { JSON = 256, NAME, PERMIT, PASSPHRASE, FORMAT, OUTPUT };
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"json", no_argument, NULL, JSON},
        {"name", required_argument, NULL, NAME},
        {"permit", required_argument, NULL, PERMIT},
        {"passphrase", no_argument, NULL, PASSPHRASE},
        {"format", required_argument, NULL, FORMAT},
        {"output", required_argument, NULL, OUTPUT},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int option;

    optind = 0; /* resets getopt */
    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        switch (option) {
        case 'c': request->conf_file = optarg; break;
        case JSON: request->options.json = true; break;
        case NAME: request->options.name = optarg; break;
        case PERMIT: request->options.permitted = optarg; break;
        case PASSPHRASE: request->options.asks_passphrase = true; break;
        case OUTPUT: request->options.file = optarg; break;
        case 'h': request->help = true; break;
        case FORMAT:
            if (!parse_format(optarg, &request->options.format))
                return false;
            break;
        default: return false;
        }
    }
    return true;
}

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < VERBS; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

static int run_with_conf(const struct verb *verb, const struct request *request)
{
    struct problems problems = {0};
    struct conf conf = {0};
    int status = CMD_FAILED;

    if (conf_load(&conf, request->conf_file, &problems))
        status = verb->run(&conf, &request->options);
    else
        tls_output_problems(&problems);
    problems_fini(&problems);
    conf_fini(&conf);
    return status;
}

int cmd_tls(int argc, char **argv)
{
    struct request request = {.conf_file = POSTERN_CONFIG_FILE, .options.permitted = ""};
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
    return run_with_conf(verb, &request);
}
