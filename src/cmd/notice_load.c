#include "cmd/notice_load.h"

#include "build_config.h"
#include "sys/host_name.h"
#include "sys/whole_file.h"

enum { TEMPLATE_MAX_BYTES = 1 << 20 };

/* Templates borrow it. */
static struct host_name name;

static void find_file(const struct conf *conf, struct buf *path)
{
    if (*conf->notice.template)
        buf_add(path, span_of(conf->notice.template));
    else
        buf_add_format(path, "%s/%s.mail", POSTERN_NOTICE_DIR, conf->notice.language);
}

static struct notice_template *parse(const struct conf *conf, struct span text, struct buf *error)
{
    struct notice_host host = {
        .host_name = name.host,
        .domain_name = name.domain,
        .version = POSTERN_VERSION,
        .subject = conf->notice.subject,
        .deleted = conf->notice.deleted,
        .language = conf->notice.language,
    };

    host_name_get(&name);
    return notice_template_new(text, &host, error);
}

struct notice_template *notice_load(const struct conf *conf, struct conf_problems *problems)
{
    struct buf path = {0}, text = {0}, error = {0};
    struct notice_template *template = NULL;

    find_file(conf, &path);
    if (!whole_file_read(buf_c_str(&path), TEMPLATE_MAX_BYTES, &text, &error)) {
        conf_problem_add(problems, true, "notice template %s: %s", path.p, buf_c_str(&error));
    } else {
        template = parse(conf, buf_span(&text), &error);
        if (!template)
            conf_problem_add(problems, true, "%s:%s", path.p, buf_c_str(&error));
    }
    buf_fini(&path);
    buf_fini(&text);
    buf_fini(&error);
    return template;
}
