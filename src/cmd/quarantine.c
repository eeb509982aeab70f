#include "cmd/cmd.h"

#include "build_config.h"
#include "cmd/quarantine_change.h"
#include "cmd/quarantine_export.h"
#include "cmd/quarantine_print.h"
#include "cmd/quarantine_say.h"
#include "svc/quarantine_name.h"
#include "sys/conf_load.h"
#include "sys/durable.h"

#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* postern quarantine: looks, and copies out, beside the daemon and without it; has the keeper, or in its
 * absence does itself, what changes anything (quarantine_change). */

struct request {
    const char *conf_file;
    const char *output; /* NULL or "-": standard output */
    bool json, force, help, everyone;
    char *const *ids;
    size_t id_count;
    const char *id; /* the first, or NULL */
};

/* What a verb works on. */
struct view {
    const struct request *request;
    const char *path;
    int directory;
    struct quarantine_list list;
};

enum takes { TAKES_NO_ID, TAKES_AN_ID, TAKES_IDS };

struct verb {
    const char *name;
    enum takes takes;
    int (*run)(const struct view *view); /* NULL: it changes something */
    enum quarantine_verb change;
};

static const char help_text[] =
    "usage: postern quarantine [-c FILE] list [--json]\n"
    "       postern quarantine [-c FILE] show ID [--json]\n"
    "       postern quarantine [-c FILE] export ID [-o FILE] [--force] [--json]\n"
    "       postern quarantine [-c FILE] release ID [--everyone] [--json]\n"
    "       postern quarantine [-c FILE] delete ID... [--json]\n"
    "       postern quarantine [-c FILE] expire [--json]\n"
    "\n"
    "Looks after the messages that were not let through. ID is the start of an incident's id, as\n"
    "long as it fits one only, or the file name that a notice gives.\n"
    "\n"
    "  list            one line an incident, newest first\n"
    "  show            all that is known of one\n"
    "  export          its original, byte for byte\n"
    "  release         let it pass: fetched again, the message is delivered as it is\n"
    "  delete          forget it: original, record and release\n"
    "  expire          forget all that is past [quarantine] retention, now\n"
    "  -o, --output FILE  export there, into a new file; - is standard output, the default\n"
    "  --force         export to a terminal all the same\n"
    "  --everyone      release for all users and servers, not only those of the incident\n"
    "  --json          answer in JSON\n"
    "  -c, --config FILE  the configuration, " POSTERN_CONFIG_FILE " unless told\n"
    "  --help          this text\n";

#define VERBS "list, show, export, release, delete and expire"

static int misused(const char *what, const char *why)
{
    quarantine_fail(what, why);
    fputs("postern quarantine: try --help\n", stderr);
    return CMD_USAGE;
}

static int run_list(const struct view *view)
{
    struct buf text = {0};
    json_t *all;

    if (!view->request->json) {
        quarantine_print_list(&view->list, quarantine_wants_ascii(), &text);
        return quarantine_say(&text);
    }
    all = json_array();
    for (size_t i = 0; i < view->list.n; i++)
        json_array_append_new(all, incident_json_new(&view->list.at[i]));
    return quarantine_say_json(all);
}

/* NULL, and said so, unless the id fits one incident. */
static const struct incident_record *find(const struct view *view)
{
    char start[INCIDENT_ID_SIZE];
    const struct incident_record *record;
    size_t matches;

    quarantine_id_start(view->request->id, start);
    record = quarantine_list_find(&view->list, start, &matches);
    if (!record)
        quarantine_fail(view->path,
                        matches ? "more than one incident's id starts so" : "no incident's id starts so");
    return record;
}

static int run_show(const struct view *view)
{
    const struct incident_record *record = find(view);
    struct buf text = {0};

    if (!record)
        return CMD_FAILED;
    if (view->request->json)
        return quarantine_say_json(incident_json_new(record));
    quarantine_print_incident(record, quarantine_wants_ascii(), &text);
    return quarantine_say(&text);
}

static int run_export(const struct view *view)
{
    const struct request *request = view->request;
    bool is_to_stdout = !request->output || strcmp(request->output, "-") == 0;
    const struct incident_record *record;
    json_t *answer;
    int status;

    if (is_to_stdout && request->json)
        return misused("export", "--json needs -o FILE");
    record = find(view);
    if (!record)
        return CMD_FAILED;
    if (record->state != INCIDENT_QUARANTINED)
        return quarantine_fail(record->incident.id, record->state == INCIDENT_DESTROYED
                                                        ? "the original was destroyed"
                                                        : "the original is not in the quarantine any more");
    if (is_to_stdout)
        return quarantine_export_to_stdout(view->directory, record, request->force);
    status = quarantine_export_to_file(view->directory, record, request->output);
    if (status != CMD_DONE || !request->json)
        return status;
    answer = incident_json_new(record);
    json_object_set_new(answer, "exported", json_string(request->output));
    return quarantine_say_json(answer);
}

static const struct verb verbs[] = {
    {"list", TAKES_NO_ID, run_list, QUARANTINE_VERB_COUNT},
    {"show", TAKES_AN_ID, run_show, QUARANTINE_VERB_COUNT},
    {"export", TAKES_AN_ID, run_export, QUARANTINE_VERB_COUNT},
    {"release", TAKES_AN_ID, NULL, QUARANTINE_RELEASE},
    {"delete", TAKES_IDS, NULL, QUARANTINE_DELETE},
    {"expire", TAKES_NO_ID, NULL, QUARANTINE_EXPIRE},
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

    optind = 0; /* argv of our own, from its start */
    while ((option = getopt_long(argc, argv, "c:ho:", options, NULL)) != -1) {
        switch (option) {
        case 'c': request->conf_file = optarg; break;
        case 'o': request->output = optarg; break;
        case JSON: request->json = true; break;
        case FORCE: request->force = true; break;
        case EVERYONE: request->everyone = true; break;
        case 'h': request->help = true; break;
        default: return false;
        }
    }
    return true;
}

static size_t most_ids(const struct verb *verb)
{
    switch (verb->takes) {
    case TAKES_NO_ID: return 0;
    case TAKES_AN_ID: return 1;
    case TAKES_IDS: break;
    }
    return SIZE_MAX;
}

/* What is wrong with the rest of the line, or NULL. */
static const char *fault_of(const struct verb *verb, const struct request *request)
{
    bool has_empty = false;

    for (size_t i = 0; i < request->id_count; i++)
        has_empty |= !request->ids[i][0];
    if (verb->takes != TAKES_NO_ID && (request->id_count == 0 || has_empty))
        return "the id of an incident is missing";
    if (request->id_count > most_ids(verb))
        return "too many arguments";
    if (request->output && verb->run != run_export)
        return "-o is for export";
    if (request->everyone && (verb->run || verb->change != QUARANTINE_RELEASE))
        return "--everyone is for release";
    return NULL;
}

/* The verb, or NULL and what is wrong was said. */
static const struct verb *parse(int argc, char **argv, struct request *request)
{
    const struct verb *verb = optind < argc ? verb_find(argv[optind]) : NULL;
    const char *fault;

    if (!verb) {
        misused(optind < argc ? argv[optind] : "a verb is missing",
                optind < argc ? "unknown verb; the verbs are " VERBS : VERBS);
        return NULL;
    }
    request->ids = argv + optind + 1;
    request->id_count = (size_t)(argc - optind - 1);
    request->id = request->id_count ? request->ids[0] : NULL;
    fault = fault_of(verb, request);
    if (!fault)
        return verb;
    misused(verb->name, fault);
    return NULL;
}

static int run_in(const char *path, const struct verb *verb, const struct request *request)
{
    struct view view = {.request = request, .path = path};
    struct buf error = {0};
    int status = CMD_FAILED;

    view.directory = durable_open_directory(path, &error);
    if (view.directory < 0) {
        quarantine_fail(buf_c_str(&error), "");
    } else if (!quarantine_list(view.directory, &view.list)) {
        quarantine_fail(path, strerror(errno));
    } else {
        if (view.list.unreadable)
            fprintf(stderr, "postern quarantine: %s: unreadable records: %zu\n", path, view.list.unreadable);
        for (size_t i = 0; i < view.list.n; i++)
            incident_clean(&view.list.at[i].incident);
        status = verb->run(&view);
    }
    quarantine_list_fini(&view.list);
    if (view.directory >= 0)
        close(view.directory);
    buf_fini(&error);
    return status;
}

static int run_verb(const struct conf *conf, const struct verb *verb, const struct request *request)
{
    struct quarantine_wish wish = {
        .verb = verb->change,
        .everyone = request->everyone,
        .json = request->json,
        .ids = request->ids,
        .id_count = request->id_count,
    };

    return verb->run ? run_in(conf->quarantine.directory, verb, request) : quarantine_change(conf, &wish);
}

static int run_with_conf(const struct verb *verb, const struct request *request)
{
    struct conf_problems problems = {0};
    struct conf conf = {0};
    int status = CMD_FAILED;

    if (conf_load(&conf, request->conf_file, &problems)) {
        status = run_verb(&conf, verb, request);
    } else {
        for (size_t i = 0; i < problems.n; i++)
            if (problems.at[i].is_error)
                quarantine_fail(problems.at[i].text, "");
    }
    conf_problems_fini(&problems);
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
        return quarantine_say(&help);
    }
    verb = parse(argc, argv, &request);
    return verb ? run_with_conf(verb, &request) : CMD_USAGE;
}
