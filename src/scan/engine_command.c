#include "scan/engine_command.h"

#include "base/pattern.h"
#include "base/log.h"
#include "base/words.h"
#include "scan/message_file.h"
#include "sys/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct slot {
    struct engine_command *engine;
    struct message_file *file;
    struct run *run;
    struct engine_job *job; /* NULL: the slot is free */
};

struct engine_command {
    struct engine engine;
    struct event_base *base;
    const struct conf *conf;
    struct words words;
    char *directory;         /* of the message files */
    struct pattern *pattern; /* NULL: names are not extracted */
    size_t slot_count;
    struct slot *slots;
};

static bool has_code(const struct conf_numbers *numbers, int code)
{
    for (size_t i = 0; i < numbers->n; i++)
        if (code >= 0 && numbers->at[i] == (unsigned)code)
            return true;
    return false;
}

static void worsen(struct verdict *verdict, const struct verdict *other)
{
    if (verdict_rank(other) > verdict_rank(verdict))
        *verdict = *other;
}

static void set_unknown_name(struct verdict *verdict)
{
    if (verdict->kind == VERDICT_INFECTED && verdict->name[0] == '\0')
        verdict_set_name(verdict, SPAN("unknown"));
}

static void judge_line(const struct engine_command *command, struct span line, struct verdict *verdict)
{
    struct verdict found = {0};
    struct span name;

    switch (pattern_match(command->pattern, span_first(line, ENGINE_COMMAND_LINE_MAX), &name)) {
    case PATTERN_NO: return;
    case PATTERN_YES:
        verdict_set_found(&found, name);
        set_unknown_name(&found);
        break;
    case PATTERN_TOO_HARD: verdict_set(&found, VERDICT_FAILED, UNSCANNABLE_NONE, SPAN("")); break;
    }
    worsen(verdict, &found);
}

/* Returns the worst verdict of all lines; clean if no line matches. */
static struct verdict judge_output(const struct engine_command *command, struct span output)
{
    struct verdict verdict = {.kind = VERDICT_CLEAN};

    while (command->pattern && output.n) {
        const char *end = memchr(output.p, '\n', output.n);
        struct span line = span_first(output, end ? (size_t)(end - output.p) : output.n);

        output = span_from(output, line.n + 1);
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        judge_line(command, line, &verdict);
    }
    return verdict;
}

static struct verdict judge_end(const struct engine_command *command, const struct run_result *result)
{
    struct verdict verdict = {.kind = VERDICT_FAILED};

    switch (result->end) {
    case RUN_NOT_STARTED: verdict_set_untried(&verdict); break;
    case RUN_SIGNALED:
    case RUN_OUTPUT_MAX: break;
    case RUN_DEADLINE: verdict_set_late(&verdict); break;
    case RUN_EXITED:
        if (has_code(&command->conf->command.infected_codes, result->code))
            verdict.kind = VERDICT_INFECTED;
        else if (has_code(&command->conf->command.clean_codes, result->code))
            verdict.kind = VERDICT_CLEAN;
        break;
    }
    return verdict;
}

/* If the status means infected and a line has matched, the worst line counts, even if it is less severe: a
 * heuristic's name makes the message unscannable. Otherwise the worst of status and lines counts. */
static struct verdict judge(const struct engine_command *command, const struct run_result *result)
{
    struct verdict by_end = judge_end(command, result);
    struct verdict by_output = judge_output(command, result->output);
    bool is_named = by_output.kind == VERDICT_INFECTED || by_output.kind == VERDICT_UNSCANNABLE;

    if (by_end.kind == VERDICT_INFECTED && is_named)
        by_end = by_output;
    else
        worsen(&by_end, &by_output);
    set_unknown_name(&by_end);
    snprintf(by_end.engine, sizeof by_end.engine, "command");
    return by_end;
}

static const char *end_name(enum run_end end)
{
    switch (end) {
    case RUN_NOT_STARTED: return "not started";
    case RUN_EXITED: return "exit status";
    case RUN_SIGNALED: return "signal";
    case RUN_DEADLINE: return "deadline";
    case RUN_OUTPUT_MAX: return "too much output";
    }
    return "";
}

static void log_failure(const struct engine_command *command, const struct run_result *result)
{
    struct log_line line;
    const char *end = result->output.n ? memchr(result->output.p, '\n', result->output.n) : NULL;

    log_begin(&line, EVENT_engine_failed);
    log_string(&line, "engine", "command");
    log_string(&line, "command", command->words.at[0]);
    log_string(&line, "end", end_name(result->end));
    if (result->end == RUN_NOT_STARTED)
        log_string(&line, "error", strerror(result->code));
    else
        log_number(&line, "code", (uint64_t)result->code);
    log_span(&line, "output",
             span_first(result->output, end ? (size_t)(end - result->output.p) : result->output.n));
    log_end(&line);
}

static void answer(struct slot *slot, const struct verdict *verdict)
{
    struct engine_command *command = slot->engine;
    struct engine_job *job = slot->job;

    message_file_free(&slot->file);
    slot->job = NULL;
    job->done(job, verdict);
    engine_notify_slot_free(&command->engine);
}

static void on_done(void *context, const struct run_result *result)
{
    struct slot *slot = context;
    struct verdict verdict = judge(slot->engine, result);

    if (!slot->job->is_unwanted && (verdict.kind == VERDICT_FAILED || result->end == RUN_DEADLINE))
        log_failure(slot->engine, result);
    run_free(&slot->run);
    answer(slot, &verdict);
}

static void on_copied(void *context, int error)
{
    struct slot *slot = context;
    const struct words *words = &slot->engine->words;
    struct verdict failed = {.kind = VERDICT_FAILED, .engine = "command"};
    char *argv[WORDS_MAX + 2] = {NULL};
    struct run_request request = {argv, -1, slot->job->deadline_ms, ENGINE_COMMAND_OUTPUT_MAX};

    if (error) {
        log_text(EVENT_engine_failed, "cannot copy the message for the program: %s: %s",
                 message_file_path(slot->file), strerror(error));
        verdict_set_untried(&failed);
        answer(slot, &failed);
        return;
    }
    if (slot->job->is_unwanted) {
        answer(slot, &failed);
        return;
    }
    memcpy(argv, words->at, words->n * sizeof *argv);
    argv[words->n] = message_file_path(slot->file);
    slot->run = run_new(slot->engine->base, &request, on_done, slot);
}

/* The last slot is reserved for tests. */
static bool start(struct engine *engine, struct engine_job *job)
{
    struct engine_command *command = (struct engine_command *)engine;

    for (size_t i = 0; i < command->slot_count - !job->is_test; i++) {
        struct slot *slot = &command->slots[i];

        if (slot->job)
            continue;
        slot->job = job;
        slot->file =
            message_file_new(command->base, command->directory,
                             &(struct message_file_source){job->kind, job->fd, job->size}, on_copied, slot);
        return true;
    }
    return false;
}

static bool is_ready(const struct engine *engine)
{
    return true;
}

/* If the message is still being copied, there is no program yet, and on_copied will start none. */
static void stop(struct engine *engine, struct engine_job *job)
{
    struct engine_command *command = (struct engine_command *)engine;

    for (size_t i = 0; i < command->slot_count; i++)
        if (command->slots[i].job == job && command->slots[i].run)
            run_stop(command->slots[i].run);
}

static void free_engine(struct engine *engine)
{
    struct engine_command *command = (struct engine_command *)engine;

    for (size_t i = 0; i < command->slot_count; i++) {
        run_free(&command->slots[i].run);
        message_file_free(&command->slots[i].file);
    }
    free(command->directory);
    free(command->slots);
    pattern_free(&command->pattern);
    words_fini(&command->words);
    free(command);
}

static const struct engine_class class = {"command", start, is_ready, free_engine, stop, NULL};

static bool init_words(struct engine_command *command, struct buf *error)
{
    const char *wrong = words_init(&command->words, span_of(command->conf->command.run));

    if (wrong)
        buf_add_format(error, "[command] run: %s", wrong);
    return !wrong;
}

static bool init_directory(struct engine_command *command, struct buf *error)
{
    struct buf path = {0};

    conf_command_directory(command->conf, &path);
    command->directory = mem_copy_string(buf_span(&path));
    buf_fini(&path);
    if (message_file_prepare(command->directory))
        return true;
    buf_add_format(error, "[command] directory: %s: %s", command->directory,
                   errno == EPERM ? "other users have access to it, or its group can write to it"
                                  : strerror(errno));
    return false;
}

static bool init_pattern(struct engine_command *command, struct buf *error)
{
    const char *regex = command->conf->command.name;
    struct buf why = {0};

    if (!regex || !*regex)
        return true;
    command->pattern = pattern_new(span_of(regex), command->conf->command.name_group,
                                   command->conf->command.name_ungreedy, &why);
    if (!command->pattern)
        buf_add_format(error, "[command] name: %s", buf_c_str(&why));
    buf_fini(&why);
    return command->pattern != NULL;
}

struct engine *engine_command_new(struct event_base *base, const struct conf *conf, struct buf *error)
{
    struct engine_command *command = mem_alloc_zero(sizeof *command);

    command->engine.class = &class;
    command->base = base;
    command->conf = conf;
    if (!init_words(command, error) || !init_pattern(command, error) || !init_directory(command, error)) {
        free_engine(&command->engine);
        return NULL;
    }
    command->slot_count = (conf->command.workers ? conf->command.workers : run_processors()) + 1;
    command->slots = mem_grow(NULL, command->slot_count, sizeof *command->slots);
    for (size_t i = 0; i < command->slot_count; i++)
        command->slots[i] = (struct slot){.engine = command};
    return &command->engine;
}
