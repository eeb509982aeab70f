#include "conf/conf_validate.h"
#include "conf/native.h"
#include "conf/p3scan.h"

/* Writes the paths of the files to *paths, each ended by a NUL. *paths must stay valid until the reading
 * ends, because reading_place.file points into it. */
static void read_drop_ins(struct reading *reading, const struct conf_files *files,
                          struct native_include *include, struct buf *paths)
{
    struct buf error = {0}, text = {0};

    if (!files->list(files->context, buf_c_str(&include->directory), paths, &error))
        reading_problem_at(reading, include->at, true, "include: %s: %s", buf_c_str(&include->directory),
                           buf_c_str(&error));
    for (struct span rest = buf_span(paths); rest.n; rest = span_from(rest, strlen(rest.p) + 1)) {
        buf_clear(&text);
        buf_clear(&error);
        reading->at = (struct reading_place){rest.p, 0};
        if (files->read(files->context, rest.p, &text, &error))
            native_read(reading, buf_span(&text), NULL);
        else
            reading_problem(reading, true, "%s", buf_c_str(&error));
    }
    buf_fini(&error);
    buf_fini(&text);
}

static void read_text(struct reading *reading, struct span text, const struct conf_files *files,
                      struct buf *paths)
{
    struct native_include include = {0};
    const char *path = reading->at.file;

    if (p3scan_detect(text)) {
        p3scan_read(reading, text);
    } else {
        native_read(reading, text, &include);
        if (include.directory.n)
            read_drop_ins(reading, files, &include, paths);
    }
    reading->at = (struct reading_place){path, 0};
    buf_fini(&include.directory);
}

bool conf_read(struct conf *conf, const char *path, const struct conf_files *files, const conf_check *checks,
               struct problems *problems)
{
    struct reading reading = {.conf = conf, .problems = problems, .files = files, .at = {path, 0}};
    struct buf text = {0}, error = {0}, paths = {0};
    size_t errors_before = problems->errors;

    conf_set_defaults(conf);
    if (files->read(files->context, path, &text, &error)) {
        read_text(&reading, buf_span(&text), files, &paths);
        for (enum protocol_id protocol = 0; protocol < PROTOCOL_COUNT; protocol++)
            conf->listeners[protocol].is_listen_default =
                !reading_place_of(&reading, protocol_id_section(protocol), "listen").line;
        conf_validate(&reading);
        for (size_t i = 0; checks && checks[i]; i++)
            checks[i](&reading);
    } else {
        reading_problem(&reading, true, "%s", buf_c_str(&error));
    }
    buf_fini(&text);
    buf_fini(&error);
    buf_fini(&paths);
    return problems->errors == errors_before;
}
