#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/scan_ask.h"
#include "conf/conf.h"
#include "pop3/pop3_text.h"

#include "build_config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const char help_text[] =
    "usage: postern test-scan [-c FILE] MESSAGE [--file] [--json]\n"
    "\n"
    "Makes the running service scan a file as if a server had sent it, and prints the verdict and\n"
    "the action that would follow. Nothing is stored or delivered. - is standard input.\n"
    "Status 0: clean; 4: not clean; 1: no verdict; 3: the service does not run.\n"
    "\n"
    "  --file             MESSAGE is a file, not a mail\n"
    "  --json             answer in JSON\n"
    "  -c, --config FILE  the service's configuration (default: " POSTERN_CONFIG_FILE ")\n"
    "  --help             this text\n";

enum { CHUNK = 65536 };

struct test {
    const char *name;
    enum message_kind kind;
    struct spool spool;
    struct pop3_stuff stuff;
    struct pop3_unstuff unstuff;
    struct control_verdict answer;
};

static void unstuff(struct test *test, struct span bytes)
{
    while (bytes.n)
        (void)pop3_unstuff_next(&test->unstuff, &bytes);
}

/* Byte-stuffs the message and byte-unstuffs it again, because a relay detects bare-LF dot lines while it
 * byte-unstuffs. */
static void find_bare_dots(struct test *test, struct span content)
{
    while (content.n) {
        bool dot = false;
        struct span run = pop3_stuff_next(&test->stuff, &content, &dot);

        if (dot)
            unstuff(test, SPAN("."));
        unstuff(test, run);
    }
}

static int fail(const char *what)
{
    fprintf(stderr, "postern test-scan: %s: %s\n", what, strerror(errno));
    return CMD_FAILED;
}

/* Copies the message into memory, so that it cannot change during the scan. */
static int copy(struct test *test, int from)
{
    static const struct spool_settings memory = {"", UINT64_MAX};
    static char chunk[CHUNK];
    ssize_t n;

    pop3_stuff_init(&test->stuff, POP3_DOTS_ANYWHERE);
    pop3_unstuff_init(&test->unstuff);
    while ((n = read(from, chunk, sizeof chunk)) > 0) {
        if (test->kind == MESSAGE_MAIL)
            find_bare_dots(test, (struct span){chunk, (size_t)n});
        if (!spool_write(&test->spool, &memory, (struct span){chunk, (size_t)n}))
            return fail("copying to memory");
    }
    return n < 0 ? fail(test->name) : CMD_DONE;
}

static int read_message(struct test *test)
{
    bool is_input = strcmp(test->name, "-") == 0;
    int fd = is_input ? STDIN_FILENO : open(test->name, O_RDONLY | O_CLOEXEC), result;

    if (fd < 0)
        return fail(test->name);
    result = copy(test, fd);
    if (!is_input)
        close(fd);
    if (result == CMD_DONE && test->spool.octets == 0 && test->kind == MESSAGE_MAIL) {
        fprintf(stderr, "postern test-scan: %s: the file is empty\n", test->name);
        return CMD_FAILED;
    }
    return result;
}

/* A file is delivered unmodified or refused: there is no notice for a file. */
static const char *file_action_text(enum action action)
{
    switch (action) {
    case ACTION_QUARANTINE: return "quarantined, and refused";
    case ACTION_DELETE: return "deleted, and refused";
    case ACTION_DELIVER: return "delivered as it is";
    case ACTION_REFUSE: return "refused";
    }
    return "unknown";
}

static const char *action_text(const struct test *test)
{
    if (test->kind == MESSAGE_FILE)
        return file_action_text((enum action)test->answer.action);
    switch ((enum action)test->answer.action) {
    case ACTION_QUARANTINE: return "quarantined; the client gets a notice";
    case ACTION_DELETE: return "deleted; the client gets a notice";
    case ACTION_DELIVER:
        return test->answer.verdict.kind == VERDICT_CLEAN ? "delivered as it is" : "delivered, marked";
    case ACTION_REFUSE: return "refused; it stays on the server";
    }
    return "unknown";
}

static json_t *test_json(const struct test *test)
{
    const struct verdict *verdict = &test->answer.verdict;
    json_t *json =
        json_pack("{s:s, s:s, s:I, s:s, s:s}", "file", test->name, "kind", message_kind_name(test->kind),
                  "octets", (json_int_t)test->spool.octets, "verdict",
                  verdict_kind_name((enum verdict_kind)verdict->kind), "fate", action_text(test));

    if (verdict->reason)
        json_object_set_new(json, "reason",
                            json_string(verdict_unscannable_name((enum unscannable)verdict->reason)));
    if (verdict->name[0])
        json_object_set_new(json, "name", json_string(verdict->name));
    json_object_set_new(json, "engine", json_string(verdict->engine));
    json_object_set_new(json, "signatures", json_string(verdict->signatures));
    return json;
}

static void print(const struct test *test)
{
    const struct verdict *verdict = &test->answer.verdict;

    printf("%s: %s", test->name, verdict_kind_name((enum verdict_kind)verdict->kind));
    if (verdict->reason)
        printf(" (%s)", verdict_unscannable_name((enum unscannable)verdict->reason));
    if (verdict->name[0])
        printf(" %s", verdict->name);
    if (verdict->engine[0])
        printf(", by %s%s%s", verdict->engine, verdict->signatures[0] ? " with " : "", verdict->signatures);
    printf("; would be %s\n", action_text(test));
}

static int print_verdict(struct test *test, bool json)
{
    struct verdict *verdict = &test->answer.verdict;

    if (!verdict_is_valid(verdict)) {
        fputs("postern test-scan: the service gave no verdict\n", stderr);
        return CMD_FAILED;
    }
    if (!json)
        print(test);
    else if (service_print_json("test-scan", test_json(test)) != CMD_DONE)
        return CMD_FAILED;
    switch ((enum verdict_kind)verdict->kind) {
    case VERDICT_CLEAN: return CMD_DONE;
    case VERDICT_INFECTED:
    case VERDICT_UNSCANNABLE: return CMD_NOT_CLEAN;
    case VERDICT_FAILED: break;
    }
    return CMD_FAILED;
}

static int run(struct test *test, const struct options *options)
{
    struct service_call call = {.command = "test-scan", .conf_file = options->conf_file};
    int result = read_message(test);

    if (result == CMD_DONE)
        result = scan_ask(&call, &test->spool, test->kind, test->unstuff.bare_dots > 0, &test->answer);
    return result == CMD_DONE ? print_verdict(test, options->json) : result;
}

int cmd_test_scan(int argc, char **argv)
{
    struct options options;
    struct test test = {.spool = SPOOL_EMPTY};
    int result;

    if (!options_read(argc, argv, help_text, OPTIONS_JSON | OPTIONS_OPERAND | OPTIONS_FILE, &options,
                      &result))
        return result;
    test.name = options.operand;
    test.kind = options.is_file ? MESSAGE_FILE : MESSAGE_MAIL;
    result = run(&test, &options);
    spool_fini(&test.spool);
    return result;
}
