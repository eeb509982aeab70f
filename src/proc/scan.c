#include "base/buf.h"
#include "base/log.h"
#include "proc/ipc/backend_loop.h"
#include "proc/ipc/child.h"
#include "proc/scan_builtin.h"
#include "scan/engine_clamd.h"
#include "scan/engine_command.h"
#include "scan/engine_none.h"
#include "scan/engine_trust.h"
#include "sys/message_hash.h"
#include "scan/scan_front_end.h"
#include "sys/oneshot_child.h"
#include "sys/sandbox.h"

#include <assert.h>
#include <seccomp.h>
#include <stdlib.h>
#include <unistd.h>

/* The scan process: answers requests of relays with verdicts. It does not parse mail, except for line ends
 * (scan/scan_objects). Children parse headers (scan/partial_check) and parts (scan/scan_parts). */

enum { OBJECTS_MIN_BYTES = 1 << 20 };

struct scan {
    struct backend_loop loop;
    const struct conf *conf;
    bool is_replacement; /* see struct child_start */
    struct self_test self_test;
    struct engine *engines[SCAN_QUEUE_ENGINES_MAX];   /* as the queue uses them: wrapped by scan/engine_trust,
                                                         except `none` */
    struct engine *unwrapped[SCAN_QUEUE_ENGINES_MAX]; /* the same engines without scan/engine_trust */
    size_t engine_count;
    struct engine *builtin; /* one of `unwrapped`, or NULL */
    struct scan_front_end *front_end;
    unsigned tests; /* outstanding test scans of administrators */
    bool is_ready_sent;
    int status;
};

static bool is_none(const struct scan *scan, size_t i)
{
    return scan->conf->scan.engines.at[i] == ENGINE_NONE;
}

/* A replacement is ready only after the self test. When the service starts, scan is ready earlier, and
 * requests wait for the end of the self test. */
static bool are_engines_ready(const struct scan *scan)
{
    for (size_t i = 0; i < scan->engine_count; i++)
        if (!scan->unwrapped[i]->class->is_ready(scan->unwrapped[i]) ||
            (scan->is_replacement && !is_none(scan, i) && !engine_trust_is_tried(scan->engines[i])))
            return false;
    return true;
}

static bool is_refuted(const struct scan *scan)
{
    for (size_t i = 0; i < scan->engine_count; i++)
        if (!is_none(scan, i) && engine_trust_is_refuted(scan->engines[i]))
            return true;
    return false;
}

static void send_ready(void *context)
{
    struct scan *scan = context;

    if (scan->is_ready_sent || !scan->loop.parent || !are_engines_ready(scan))
        return;
    scan->is_ready_sent = true;
    backend_loop_ready(&scan->loop);
}

/* A replacement whose engine gives a wrong verdict in the self test exits, so that the change fails. */
static void on_tested(void *context, bool was_wrong)
{
    struct scan *scan = context;

    if (was_wrong)
        scan_front_end_forget_verdicts(scan->front_end);
    if (scan->is_replacement && !scan->is_ready_sent && is_refuted(scan)) {
        scan->status = EXIT_CONFIG;
        event_base_loopexit(scan->loop.base, NULL);
        return;
    }
    send_ready(scan);
}

/* Requests of relays that have disconnected do not count, because their verdicts are not needed. */
static bool is_busy(const void *context)
{
    return ((const struct scan *)context)->tests > 0;
}

static void on_verdict(void *context, void *owner, uint64_t id, const struct verdict *verdict)
{
    struct scan *scan = context;
    struct ipc_verdict answer = {id, *verdict};

    if (owner != scan) {
        ipc_send(owner, IPC_VERDICT, &answer, -1);
        return;
    }
    if (scan->loop.parent)
        ipc_send(scan->loop.parent, IPC_TESTED, &answer, -1);
    scan->tests--;
    backend_loop_exit_when_idle(&scan->loop);
}

static void add_request(struct scan *scan, void *owner, const struct ipc_scan *message, int fd)
{
    struct scan_request request = {.owner = owner, .id = message->id};

    scan_request_set_message(&request, (enum message_kind)message->kind, fd, message->size);
    memcpy(request.client, message->client, sizeof request.client);
    scan_front_end_add(scan->front_end, &request);
}

static void cancel_request(struct scan *scan, struct ipc *relay, const struct ipc_cancel *cancel)
{
    scan_front_end_cancel(scan->front_end, relay, cancel->id);
}

static void on_request(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    const struct ipc_scan *message = payload;

    if (kind == IPC_CANCEL) {
        cancel_request(context, ipc, payload);
        return;
    }
    if (message_kind_is_valid(message->kind)) {
        add_request(context, ipc, message, fd);
        return;
    }
    close(fd);
    ipc_violation(ipc, "a message that is neither a mail nor a file");
}

static void on_relay_gone(void *context, struct ipc *relay)
{
    scan_front_end_forget(((struct scan *)context)->front_end, relay);
}

static void on_relay_joined(void *context, struct ipc *relay)
{
    struct scan *scan = context;
    struct ipc_verdict_table table = {0};
    int known = scan_front_end_table(scan->front_end, &table.entries);

    if (known >= 0)
        ipc_send(relay, IPC_VERDICT_TABLE, &table, known);
}

static void retest(struct scan *scan, const struct engine *engine)
{
    for (size_t i = 0; i < scan->engine_count; i++)
        if (scan->unwrapped[i] == engine)
            engine_trust_test(scan->engines[i]);
}

/* Connects a new loader. It may have other signatures, so verdicts are forgotten and the engine is tested. */
static void on_peer(void *context, const struct ipc_peer *peer, int fd)
{
    struct scan *scan = context;

    if (peer->role == ROLE_CLAMAV && scan->builtin) {
        scan_front_end_forget_verdicts(scan->front_end);
        scan_builtin_take_loader(scan->builtin, fd, peer->index);
        retest(scan, scan->builtin);
    } else {
        close(fd);
    }
}

static void send_engines(const struct scan *scan)
{
    struct ipc_engines answer = {.count = (uint32_t)scan->engine_count};

    for (size_t i = 0; i < scan->engine_count; i++) {
        const struct engine *engine = scan->engines[i];

        if (is_none(scan, i))
            answer.at[i] = (struct engine_state){.is_ready = true, .proof = ENGINE_BELIEVED};
        else
            engine_trust_describe(engine, &answer.at[i]);
        answer.at[i].kind = (uint8_t)scan->conf->scan.engines.at[i];
        if (scan->unwrapped[i] == scan->builtin)
            scan_builtin_describe(scan->unwrapped[i], &answer.at[i]);
        else if (answer.at[i].kind == ENGINE_CLAMD)
            engine_clamd_describe(scan->unwrapped[i], &answer.at[i]);
    }
    ipc_send(scan->loop.parent, IPC_ENGINES, &answer, -1);
}

static void on_parent_message(void *context, enum ipc_kind kind, const void *payload, int fd)
{
    struct scan *scan = context;

    if (kind == IPC_ASK_ENGINES) {
        send_engines(scan);
    } else if (kind == IPC_TEST_SCAN) {
        scan->tests++;
        add_request(scan, scan, payload, fd);
    }
}

static const struct backend_loop_work work = {
    .self = ROLE_SCAN,
    .request = on_request,
    .relay_gone = on_relay_gone,
    .peer = on_peer,
    .relay_joined = on_relay_joined,
    .message = on_parent_message,
    .is_busy = is_busy,
};

static struct engine *command_engine(struct scan *scan)
{
    struct buf error = {0};
    struct engine *engine = engine_command_new(scan->loop.base, scan->conf, &error);

    if (!engine)
        log_text(EVENT_engine, "%s", buf_c_str(&error));
    buf_fini(&error);
    return engine;
}

/* Called when clamd has other signatures, is another process, or has become unreachable. */
static void on_clamd_changed(void *context)
{
    struct scan *scan = context;

    scan_front_end_forget_verdicts(scan->front_end);
    for (size_t i = 0; i < scan->engine_count; i++)
        if (scan->conf->scan.engines.at[i] == ENGINE_CLAMD)
            engine_trust_test(scan->engines[i]);
}

static struct engine *new_engine(struct scan *scan, enum engine_kind kind)
{
    switch (kind) {
    case ENGINE_NONE:
        log_text_at(LOG_LEVEL_WARNING, EVENT_engine,
                    "engines = none: nothing is scanned, every message counts as clean");
        return engine_none_new(scan->loop.base);
    case ENGINE_BUILTIN: return scan->builtin = scan_builtin_new(scan->loop.base, send_ready, scan);
    case ENGINE_COMMAND: return command_engine(scan);
    case ENGINE_CLAMD: return engine_clamd_new(scan->loop.base, scan->conf, on_clamd_changed, scan);
    }
    return NULL;
}

static struct engine *wrap(struct scan *scan, struct engine *engine)
{
    const struct engine_trust_settings settings = {
        .name = engine->class->name,
        .test = &scan->self_test,
        .deadline_ms = scan->conf->scan.deadline_ms,
        .give_up_ms = scan->conf->scan.give_up_ms,
        .ended = on_tested,
        .context = scan,
    };

    return engine_trust_new(scan->loop.base, engine, &settings);
}

static bool make_engines(struct scan *scan)
{
    for (size_t i = 0; i < scan->conf->scan.engines.n; i++) {
        struct engine *engine = new_engine(scan, scan->conf->scan.engines.at[i]);

        if (!engine)
            return false;
        scan->unwrapped[i] = engine;
        scan->engines[i] = is_none(scan, i) ? engine : wrap(scan, engine);
        scan->engine_count++;
    }
    return scan->engine_count > 0;
}

static bool make_self_test(struct scan *scan)
{
    struct buf error = {0};
    bool is_made = self_test_init(&scan->self_test, scan->conf->scan.self_test, &error);

    if (!is_made)
        log_text(EVENT_self_test, "%s", buf_c_str(&error));
    buf_fini(&error);
    return is_made;
}

static void fini(struct scan *scan)
{
    /* Withdraws the requests of the relays. This may stop jobs of the engines. */
    backend_loop_close(&scan->loop);
    for (size_t i = 0; i < scan->engine_count; i++)
        engine_free(&scan->engines[i]);
    scan_front_end_free(&scan->front_end);
    self_test_fini(&scan->self_test);
    event_base_free(scan->loop.base);
}

enum { CALLS_MAX = 32 };

struct calls {
    int at[CALLS_MAX];
    size_t n;
};

static bool has_engine(const struct conf *conf, enum engine_kind kind)
{
    for (size_t i = 0; i < conf->scan.engines.n; i++)
        if (conf->scan.engines.at[i] == kind)
            return true;
    return false;
}

/* Returns the size of the cache. Verdicts of `command` are not cached, because they may depend on more than
 * the bytes. Verdicts of `none` are not cached, because that engine is faster than a look-up. */
static uint32_t cache_entries(const struct conf *conf)
{
    return has_engine(conf, ENGINE_COMMAND) || has_engine(conf, ENGINE_NONE) ? 0 : conf->scan.cache_entries;
}

static void add_calls(struct calls *calls, const int *more, size_t n)
{
    assert(calls->n + n <= CALLS_MAX);
    memcpy(calls->at + calls->n, more, n * sizeof *more);
    calls->n += n;
}

/* Allows no path, no network except connections to clamd, and only children that parse a message. With the
 * engine command there is no sandbox: the program would inherit it, and its needs are unknown. */
static bool enter_sandbox(const struct conf *conf)
{
    static const int for_clamd[] = {SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(setsockopt)};
    static const int for_checks[] = {SCMP_SYS(socketpair)};
    bool clamd = has_engine(conf, ENGINE_CLAMD);
    struct calls calls = {0};

    if (has_engine(conf, ENGINE_COMMAND))
        return true;
    if (clamd)
        add_calls(&calls, for_clamd, sizeof for_clamd / sizeof *for_clamd);
    if (!has_engine(conf, ENGINE_NONE)) {
        add_calls(&calls, oneshot_child_calls, oneshot_child_call_count);
        add_calls(&calls, for_checks, sizeof for_checks / sizeof *for_checks);
    }
    return sandbox_restrict_paths(NULL, 0, clamd) && sandbox_restrict_calls(calls.at, calls.n);
}

/* Returns the limit for objects: memory_total_max, but at least OBJECTS_MIN_BYTES; 0 if scanning is off. */
static uint64_t objects_max_bytes(const struct conf *conf)
{
    uint64_t max = conf->spool.memory_total_max_bytes;

    if (has_engine(conf, ENGINE_NONE))
        return 0;
    return max > OBJECTS_MIN_BYTES ? max : OBJECTS_MIN_BYTES;
}

int scan_main(const struct child_start *start)
{
    struct scan scan = {.conf = start->conf, .is_replacement = start->is_replacement};
    const struct scan_front_end_settings settings = {
        .deadline_ms = start->conf->scan.deadline_ms,
        .cache_entries = cache_entries(start->conf),
        .checks_partial = !has_engine(start->conf, ENGINE_NONE),
        .objects_max_bytes = objects_max_bytes(start->conf),
    };

    _Static_assert((int)SCAN_QUEUE_ENGINES_MAX >= (int)CONF_LIST_MAX,
                   "more engines can be configured than the queue can have");
    backend_loop_init(&scan.loop, &work, &scan);
    if (!make_self_test(&scan) || !make_engines(&scan) || !message_hash_prepare() ||
        !enter_sandbox(scan.conf)) {
        fini(&scan);
        return EXIT_CONFIG;
    }
    scan.front_end =
        scan_front_end_new(scan.loop.base, scan.engines, scan.engine_count, &settings, on_verdict, &scan);
    backend_loop_open(&scan.loop, start->parent_fd);
    send_ready(&scan);
    event_base_dispatch(scan.loop.base);
    fini(&scan);
    return scan.status;
}
