#include "cmd/quarantine/quarantine_query.h"

#include "cmd/cmd.h"
#include "cmd/quarantine/quarantine_export.h"
#include "cmd/quarantine/quarantine_print.h"
#include "cmd/quarantine/quarantine_output.h"
#include "sys/durable.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* The data that a verb needs. */
struct view {
    const struct quarantine_options *options;
    const char *path;
    int directory;
    struct quarantine_list list;
};

static int run_list(const struct view *view)
{
    struct buf text = {0};
    json_t *all;

    if (!view->options->json) {
        quarantine_print_list(&view->list, quarantine_wants_ascii(), &text);
        return quarantine_output(&text);
    }
    all = json_array();
    for (size_t i = 0; i < view->list.n; i++)
        json_array_append_new(all, incident_json_new(&view->list.at[i]));
    return quarantine_output_json(all);
}

/* Returns the incident whose id has the given prefix. If there is not exactly one, prints a message and
 * returns NULL. */
static const struct incident_record *find(const struct view *view)
{
    char prefix[INCIDENT_ID_SIZE];
    const struct incident_record *record;
    size_t matches;

    quarantine_options_id(view->options->ids[0], prefix);
    record = quarantine_list_find(&view->list, prefix, &matches);
    if (!record)
        quarantine_fail(view->path, matches ? "several incidents match this id prefix"
                                            : "no incident matches this id prefix");
    return record;
}

static int run_show(const struct view *view)
{
    const struct incident_record *record = find(view);
    struct buf text = {0};

    if (!record)
        return CMD_FAILED;
    if (view->options->json)
        return quarantine_output_json(incident_json_new(record));
    quarantine_print_incident(record, quarantine_wants_ascii(), &text);
    return quarantine_output(&text);
}

static int run_export(const struct view *view)
{
    const struct quarantine_options *options = view->options;
    bool is_to_stdout = !options->output || strcmp(options->output, "-") == 0;
    const struct incident_record *record;
    json_t *answer;
    int status;

    if (is_to_stdout && options->json) {
        quarantine_fail("export", "--json needs -o FILE");
        return CMD_USAGE;
    }
    record = find(view);
    if (!record)
        return CMD_FAILED;
    if (record->state != INCIDENT_QUARANTINED)
        return quarantine_fail(record->incident.id, record->state == INCIDENT_DESTROYED
                                                        ? "the original was destroyed"
                                                        : "the original is no longer in the quarantine");
    if (is_to_stdout)
        return quarantine_export_to_stdout(view->directory, record, options->force);
    status = quarantine_export_to_file(view->directory, record, options->output);
    if (status != CMD_DONE || !options->json)
        return status;
    answer = incident_json_new(record);
    json_object_set_new(answer, "exported", json_string(options->output));
    return quarantine_output_json(answer);
}

static int run_on_list(const struct conf *conf, const struct quarantine_options *options,
                       int (*run)(const struct view *))
{
    const char *path = conf->quarantine.directory;
    struct view view = {.options = options, .path = path};
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
        status = run(&view);
    }
    quarantine_list_fini(&view.list);
    if (view.directory >= 0)
        close(view.directory);
    buf_fini(&error);
    return status;
}

int quarantine_query_list(const struct conf *conf, const struct quarantine_options *options)
{
    return run_on_list(conf, options, run_list);
}

int quarantine_query_show(const struct conf *conf, const struct quarantine_options *options)
{
    return run_on_list(conf, options, run_show);
}

int quarantine_query_export(const struct conf *conf, const struct quarantine_options *options)
{
    return run_on_list(conf, options, run_export);
}
