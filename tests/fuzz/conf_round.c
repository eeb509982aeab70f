#include "tests/fuzz/conf_round.h"

#include "conf/conf.h"
#include "gateway/plan/gateway_validate.h"
#include "tests/fuzz/fuzz.h"

static bool read_part(void *context, const char *path, struct buf *into, struct buf *error)
{
    struct span rest = *(struct span *)context;

    for (const char *skip = path; *skip; skip++)
        fuzz_part(&rest);
    buf_add(into, fuzz_part(&rest));
    return true;
}

/* The length of a file's path is the number of parts before it. */
static bool list_parts(void *context, const char *directory, struct buf *into, struct buf *error)
{
    buf_add(into, SPAN("1\0002.\0"));
    return true;
}

static bool read_conf(struct span text, struct conf *conf)
{
    static const conf_check checks[] = {gateway_validate, NULL};
    struct conf_files files = {read_part, list_parts, &text};
    struct problems problems = {0};
    bool ok = conf_read(conf, "", &files, checks, &problems);

    must(ok == (problems.errors == 0) && problems.errors <= problems.n);
    for (size_t i = 0; i < problems.n; i++)
        must(problems.at[i].text[0] && !strchr(problems.at[i].text, '\n'));
    problems_fini(&problems);
    return ok;
}

static void check_printed(struct span printed)
{
    struct span exact = fuzz_exact(printed);
    struct conf conf;
    struct buf again = {0};

    must(read_conf(exact, &conf));
    conf_print(&conf, true, &again);
    must(span_eq(buf_span(&again), printed));
    buf_fini(&again);
    conf_fini(&conf);
    fuzz_free(exact);
}

void conf_round(struct span text)
{
    struct conf conf;
    struct buf printed = {0};

    if (read_conf(text, &conf)) {
        conf_print(&conf, true, &printed);
        check_printed(buf_span(&printed));
    }
    buf_fini(&printed);
    conf_fini(&conf);
}
