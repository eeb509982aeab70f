#include "scan/engine_clamd.h"

#include "base/buf.h"
#include "base/log.h"
#include "scan/clamd_reply.h"
#include "scan/clamd_call.h"
#include "scan/encrypted_zip.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PROBE_MS = 5000, RESERVE_MAX = 2 };

struct slot {
    struct engine_clamd *engine;
    struct engine_job *job; /* NULL: the slot is free */
    struct clamd_call *call;
};

struct engine_clamd {
    struct engine engine;
    struct event_base *base;
    const struct conf *conf;
    void (*changed)(void *context);
    void *context;
    char version[64];    /* as clamd reported it last; empty: clamd has not reported it since it was last
                            unreachable */
    int64_t published_s; /* time of its signatures; 0: not reported */
    bool was_unreachable;
    pid_t process; /* the process that listened at the last scan; 0: unknown */
    struct event *probe;
    struct clamd_call *probe_call;
    int zip_fd; /* the encrypted zip while clamd scans it; otherwise -1 */
    size_t slot_count;
    struct slot *slots;
};

static const char *const ends[] = {"answered", "cannot be reached", "broke off",
                                   "was not sent the message, because reading it failed", "was too slow"};

static void log_failure(const struct clamd_call_result *result)
{
    log_text(EVENT_clamd, "clamd %s%s%s", ends[result->end], result->error ? ": " : "",
             result->error ? strerror(result->error) : "");
}

static enum clamd_answer parse(const struct clamd_call_result *result, struct span *name)
{
    if (result->end != CLAMD_CALL_ANSWERED)
        return CLAMD_MALFORMED;
    return result->is_stream ? clamd_reply_parse_instream(result->answer, name)
                             : clamd_reply_parse_fildes(result->answer, name);
}

static struct verdict judge(const struct engine_clamd *clamd, const struct clamd_call_result *result)
{
    struct verdict verdict = {0};
    struct span name = {0};

    snprintf(verdict.engine, sizeof verdict.engine, "clamd");
    snprintf(verdict.signatures, sizeof verdict.signatures, "%s", clamd->version);
    switch (parse(result, &name)) {
    case CLAMD_OK: verdict_set(&verdict, VERDICT_CLEAN, UNSCANNABLE_NONE, name); break;
    case CLAMD_FOUND: verdict_set_found(&verdict, name); break;
    case CLAMD_STREAM_TOO_LARGE:
        verdict_set(&verdict, VERDICT_UNSCANNABLE, UNSCANNABLE_LIMITS, SPAN("StreamMaxLength"));
        break;
    case CLAMD_MALFORMED:
        if (result->end == CLAMD_CALL_LATE)
            verdict_set_late(&verdict);
        else if (result->end != CLAMD_CALL_ANSWERED)
            log_failure(result);
        else
            log_text(EVENT_clamd, "clamd answered \"%.*s\"", (int)span_first(result->answer, 100).n,
                     result->answer.p);
        break;
    }
    return verdict;
}

/* Calls `changed` if another clamd process listens than at the last scan. */
static void note_process(struct engine_clamd *clamd, const struct clamd_call_result *result)
{
    bool is_other = result->process && clamd->process && result->process != clamd->process;

    if (result->process)
        clamd->process = result->process;
    if (is_other)
        clamd->changed(clamd->context);
}

static void on_scanned(void *context, const struct clamd_call_result *result)
{
    struct slot *slot = context;
    struct engine_job *job = slot->job;
    struct verdict verdict = judge(slot->engine, result);

    slot->job = NULL;
    slot->call = NULL;
    note_process(slot->engine, result);
    job->done(job, &verdict);
    engine_notify_slot_free(&slot->engine->engine);
}

static bool start(struct engine *engine, struct engine_job *job)
{
    struct engine_clamd *clamd = (struct engine_clamd *)engine;

    /* The last slot is reserved for tests. */
    for (size_t i = 0; i < clamd->slot_count - !job->is_test; i++) {
        struct slot *slot = &clamd->slots[i];

        if (slot->job)
            continue;
        slot->job = job;
        slot->call = clamd_call_start(clamd->base, &clamd->conf->clamd.socket, job->fd, job->size,
                                      job->deadline_ms, on_scanned, slot);
        return true;
    }
    return false;
}

static void stop(struct engine *engine, struct engine_job *job)
{
    struct engine_clamd *clamd = (struct engine_clamd *)engine;

    for (size_t i = 0; i < clamd->slot_count; i++)
        if (clamd->slots[i].job == job)
            clamd_call_stop(clamd->slots[i].call);
}

/* Always true: if clamd is unavailable, messages fail at once instead of waiting. */
static bool is_ready(const struct engine *engine)
{
    return true;
}

static void probe_later(struct engine_clamd *clamd)
{
    event_add(clamd->probe, &(struct timeval){PROBE_MS / 1000, 0});
}

static void on_zip_scanned(void *context, const struct clamd_call_result *result)
{
    struct engine_clamd *clamd = context;
    struct span name = {0};

    clamd->probe_call = NULL;
    close(clamd->zip_fd);
    clamd->zip_fd = -1;
    if (parse(result, &name) == CLAMD_OK)
        log_text(EVENT_clamd_alerts,
                 "clamd reports an encrypted zip as OK: set AlertEncrypted and AlertExceedsMax in its "
                 "configuration; otherwise content that it cannot scan counts as clean");
    else if (parse(result, &name) == CLAMD_MALFORMED)
        clamd->version[0] = '\0'; /* so that the next probe repeats the test */
    probe_later(clamd);
}

static void test_alerts(struct engine_clamd *clamd)
{
    uint64_t size;

    clamd->zip_fd = encrypted_zip_make(&size);
    if (clamd->zip_fd < 0) {
        log_text(EVENT_clamd, "cannot make an encrypted zip to test AlertEncrypted: %s", strerror(errno));
        probe_later(clamd);
        return;
    }
    clamd->probe_call = clamd_call_start(clamd->base, &clamd->conf->clamd.socket, clamd->zip_fd, size,
                                         clamd->conf->scan.deadline_ms, on_zip_scanned, clamd);
}

static void note_unreachable(struct engine_clamd *clamd, const struct clamd_call_result *result)
{
    bool is_news = !clamd->was_unreachable;

    if (is_news)
        log_failure(result);
    clamd->was_unreachable = true;
    clamd->version[0] = '\0';
    if (is_news)
        clamd->changed(clamd->context);
    probe_later(clamd);
}

static void on_version(void *context, const struct clamd_call_result *result)
{
    struct engine_clamd *clamd = context;
    struct span version;

    clamd->probe_call = NULL;
    if (result->end != CLAMD_CALL_ANSWERED || !clamd_reply_parse_version(result->answer, &version)) {
        note_unreachable(clamd, result);
        return;
    }
    clamd->was_unreachable = false;
    version = span_first(version, sizeof clamd->version - 1);
    if (span_eq(version, span_of(clamd->version))) {
        probe_later(clamd);
        return;
    }
    memcpy(clamd->version, version.p, version.n);
    clamd->version[version.n] = '\0';
    clamd->published_s = clamd_reply_parse_date(result->answer);
    log_text_at(LOG_LEVEL_INFO, EVENT_clamd, "%s", clamd->version);
    clamd->changed(clamd->context);
    test_alerts(clamd);
}

static void on_probe(evutil_socket_t fd, short what, void *context)
{
    struct engine_clamd *clamd = context;

    clamd->probe_call = clamd_call_ask(clamd->base, &clamd->conf->clamd.socket, SPAN("zVERSION\0"), PROBE_MS,
                                       on_version, clamd);
}

static void free_engine(struct engine *engine)
{
    struct engine_clamd *clamd = (struct engine_clamd *)engine;

    for (size_t i = 0; i < clamd->slot_count; i++)
        clamd_call_cancel(&clamd->slots[i].call);
    clamd_call_cancel(&clamd->probe_call);
    if (clamd->zip_fd >= 0)
        close(clamd->zip_fd);
    event_free(clamd->probe);
    free(clamd->slots);
    free(clamd);
}

/* clamd goes on with a scan after its connection is closed, so a short try would cost as much as a long one.
 */
static struct engine_capacity capacity(const struct engine *engine)
{
    unsigned slots = ((const struct engine_clamd *)engine)->conf->clamd.connections;

    return (struct engine_capacity){slots, slots > RESERVE_MAX ? RESERVE_MAX : slots - 1, false};
}

static const struct engine_class class = {"clamd", start, is_ready, free_engine, stop, capacity};

struct engine *engine_clamd_new(struct event_base *base, const struct conf *conf,
                                void (*changed)(void *context), void *context)
{
    struct engine_clamd *clamd = mem_alloc_zero(sizeof *clamd);

    clamd->engine.class = &class;
    clamd->base = base;
    clamd->conf = conf;
    clamd->changed = changed;
    clamd->context = context;
    clamd->zip_fd = -1;
    clamd->slot_count = conf->clamd.connections + 1;
    clamd->slots = mem_alloc_zero(clamd->slot_count * sizeof *clamd->slots);
    for (size_t i = 0; i < clamd->slot_count; i++)
        clamd->slots[i].engine = clamd;
    clamd->probe = evtimer_new(base, on_probe, clamd);
    event_active(clamd->probe, EV_TIMEOUT, 1);
    return &clamd->engine;
}

void engine_clamd_describe(const struct engine *engine, struct engine_state *state)
{
    snprintf(state->signatures, sizeof state->signatures, "%s",
             ((const struct engine_clamd *)engine)->version);
    state->published_s = ((const struct engine_clamd *)engine)->published_s;
}
