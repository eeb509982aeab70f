#include "cmd/notice_load.h"

#include "build_config.h"
#include "sys/host_name.h"
#include "sys/whole_file.h"

enum { TEMPLATE_MAX_BYTES = 1 << 20 };

/* Templates keep pointers into this variable. */
static struct host_name name;

static void find_file(const struct conf *conf, size_t i, struct buf *path)
{
    const char *directory = *conf->notice.directory ? conf->notice.directory : POSTERN_NOTICE_DIR;

    if (i == 0 && *conf->notice.template)
        buf_add(path, span_of(conf->notice.template));
    else
        buf_add_format(path, "%s/%s.mail", directory, conf->notice.languages.at[i].name);
}

static struct notice_template *parse(const struct conf *conf, size_t i, struct span text, struct buf *error)
{
    struct notice_host host = {
        .host_name = name.host,
        .domain_name = name.domain,
        .version = POSTERN_VERSION,
        .subject = conf->notice.subject,
        .deleted = conf->notice.deleted,
        .language = conf->notice.languages.at[i].name,
    };

    return notice_template_new(text, &host, error);
}

static struct notice_template *load(const struct conf *conf, size_t i, const char *path,
                                    struct problems *problems)
{
    struct buf text = {0}, error = {0};
    struct notice_template *template = NULL;

    if (!whole_file_read(path, TEMPLATE_MAX_BYTES, &text, &error)) {
        problems_add(problems, true, "notice template %s: %s", path, buf_c_str(&error));
    } else {
        template = parse(conf, i, buf_span(&text), &error);
        if (!template)
            problems_add(problems, true, "%s:%s", path, buf_c_str(&error));
    }
    buf_fini(&text);
    buf_fini(&error);
    return template;
}

/* Returns the index of the first language that has the same file as language `i`. If no earlier language has
 * it, this is `i`. */
static size_t find_equal(const struct conf *conf, size_t i)
{
    size_t first = *conf->notice.template ? 1 : 0;

    while (first < i && strcmp(conf->notice.languages.at[first].name, conf->notice.languages.at[i].name) != 0)
        first++;
    return first < i ? first : i;
}

bool notice_load(const struct conf *conf, struct notice_template *templates[CONF_LIST_MAX],
                 struct problems *problems)
{
    bool is_complete = true;

    host_name_get(&name);
    for (size_t i = 0; i < CONF_LIST_MAX; i++)
        templates[i] = NULL;
    for (size_t i = 0; i < conf->notice.languages.n; i++) {
        size_t equal = find_equal(conf, i);
        struct buf path = {0};

        find_file(conf, i, &path);
        templates[i] = equal < i ? templates[equal] : load(conf, i, buf_c_str(&path), problems);
        is_complete &= templates[i] != NULL;
        buf_fini(&path);
    }
    return is_complete;
}

void notice_unload(struct notice_template *templates[CONF_LIST_MAX])
{
    for (size_t i = 0; i < CONF_LIST_MAX; i++) {
        for (size_t j = i + 1; j < CONF_LIST_MAX; j++)
            if (templates[j] == templates[i])
                templates[j] = NULL;
        notice_template_free(&templates[i]);
    }
}
