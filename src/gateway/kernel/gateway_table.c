#include "gateway/kernel/gateway_table.h"

#include "gateway/plan/gateway_plan.h"
#include "gateway/kernel/gateway_kernel.h"
#include "sys/durable.h"
#include "sys/process.h"
#include "sys/tool.h"
#include "sys/write_all.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define TABLE "inet", GATEWAY_NFT_TABLE

/* Creates the table first if it is missing, because a missing table cannot be deleted. */
#define DELETE_TABLE "table inet " GATEWAY_NFT_TABLE "\ndelete table inet " GATEWAY_NFT_TABLE "\n"

static const char *const list_json[] = {"nft", "-j", "list", "table", TABLE, NULL};
static const char *const list_all[] = {"nft", "-j", "list", "ruleset", NULL};
static const char *const list_text[] = {"nft", "list", "table", TABLE, NULL};
static const char *const load[] = {"nft", "-f", "-", NULL};
static const char *const check_only[] = {"nft", "-c", "-f", "-", NULL};

static bool run(const char *const *argv, struct span input, struct buf *output, struct buf *error)
{
    struct tool_result result;
    bool is_done = tool_run(argv, input, GATEWAY_TOOL_MS, &result);

    if (!is_done)
        gateway_tool_error(argv[0], &result, error);
    else if (output)
        buf_add(output, buf_span(&result.output));
    tool_result_fini(&result);
    return is_done;
}

static bool parse(const struct buf *text, json_t **list, struct buf *error)
{
    json_t *all = json_loadb(text->p ? text->p : "", text->n, 0, NULL);

    *list = json_incref(json_object_get(all, "nftables"));
    json_decref(all);
    if (!json_is_array(*list))
        buf_add(error, SPAN("nft: the list is not valid JSON"));
    return json_is_array(*list);
}

/* Runs a command that lists the table or one of its sets. If the table or set does not exist, `output` stays
 * empty, and the result is true. */
static bool list(const char *const *argv, struct buf *output, struct buf *error)
{
    struct buf why = {0};
    bool is_there = run(argv, SPAN(""), output, &why);
    bool is_absent = !is_there && strstr(buf_c_str(&why), strerror(ENOENT));

    if (!is_there && !is_absent)
        buf_add(error, buf_span(&why));
    buf_fini(&why);
    return is_there || is_absent;
}

static bool read_list(const char *const *argv, json_t **into, struct buf *error)
{
    struct buf text = {0};
    bool is_read = list(argv, &text, error);

    *into = NULL;
    if (is_read && text.n)
        is_read = parse(&text, into, error);
    buf_fini(&text);
    return is_read;
}

bool gateway_table_read(json_t **table, struct buf *error)
{
    return read_list(list_json, table, error);
}

bool gateway_table_read_set(const char *name, json_t **set, struct buf *error)
{
    return read_list((const char *const[]){"nft", "-j", "list", "set", TABLE, name, NULL}, set, error);
}

bool gateway_table_read_all(json_t **ruleset, struct buf *error)
{
    struct buf text = {0};
    bool is_read = run(list_all, SPAN(""), &text, error) && parse(&text, ruleset, error);

    buf_fini(&text);
    return is_read;
}

/* `at`: the text after " timeout ". If " expires ", with the remaining lifetime, follows the value of the
 * timeout, returns the text from there on. Otherwise NULL. */
static const char *after_time(const char *at)
{
    const char *end = at + strcspn(at, " ,\n");

    return strncmp(end, " expires ", strlen(" expires ")) == 0 ? end : NULL;
}

/* nft lists an element with its initial timeout, even if a later packet has extended its lifetime. But nft
 * does not accept an element that expires after its timeout. Therefore, the timeout is dropped, and the
 * remaining lifetime is kept. */
static void drop_timeouts(const char *from, struct buf *to)
{
    static const char timeout[] = " timeout ";
    const char *found, *rest;

    while ((found = strstr(from, timeout))) {
        rest = after_time(found + strlen(timeout));
        buf_add(to, (struct span){from, (size_t)((rest ? found : found + strlen(timeout)) - from)});
        from = rest ? rest : found + strlen(timeout);
    }
    buf_add(to, span_of(from));
}

bool gateway_table_text(struct buf *text, struct buf *error)
{
    struct buf listed = {0};
    bool is_listed = list(list_text, &listed, error);

    if (listed.n)
        drop_timeouts(buf_c_str(&listed), text);
    buf_fini(&listed);
    return is_listed;
}

/* Must run in a child process, because it enters another namespace. */
static bool list_in_namespace(struct span statements, struct buf *output, struct buf *error)
{
    if (unshare(CLONE_NEWNET) != 0)
        return durable_fail(error, "cannot create a network namespace");
    return run(load, statements, NULL, error) && run(list_json, SPAN(""), output, error);
}

static _Noreturn void render(struct span statements, int to)
{
    struct buf output = {0}, error = {0};
    bool is_listed = list_in_namespace(statements, &output, &error);
    bool is_sent = write_all(to, is_listed ? buf_span(&output) : buf_span(&error));

    _exit(is_listed && is_sent ? 0 : 1);
}

static void read_back(int from, struct buf *text)
{
    enum { CHUNK = 65536 };
    ssize_t n;

    do {
        n = pread(from, buf_reserve(text, CHUNK), CHUNK, (off_t)text->n);
        text->n += n > 0 ? (size_t)n : 0;
    } while (n > 0);
}

static bool has_succeeded(pid_t pid)
{
    int status = -1;

    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool gateway_table_render(struct span statements, json_t **table, struct buf *error)
{
    int output = memfd_create("table", MFD_CLOEXEC);
    pid_t pid = output < 0 ? -1 : process_fork();
    struct buf text = {0};
    bool is_rendered;

    *table = NULL;
    if (pid == 0)
        render(statements, output);
    if (pid < 0)
        return durable_fail(error, "cannot create a file in memory or a process");
    is_rendered = has_succeeded(pid);
    read_back(output, &text);
    close(output);
    if (!is_rendered)
        buf_add(error, buf_span(&text));
    is_rendered = is_rendered && parse(&text, table, error);
    buf_fini(&text);
    return is_rendered;
}

static bool run_after_delete(const char *const *argv, struct span statements, struct buf *error)
{
    struct buf text = {0};
    bool is_done;

    buf_add(&text, SPAN(DELETE_TABLE));
    buf_add(&text, statements);
    is_done = run(argv, buf_span(&text), NULL, error);
    buf_fini(&text);
    return is_done;
}

bool gateway_table_try(struct span statements, struct buf *error)
{
    return run_after_delete(check_only, statements, error);
}

bool gateway_table_replace(struct span statements, struct buf *error)
{
    return run_after_delete(load, statements, error);
}
