#include "base/buf.h"
#include "base/log.h"
#include "proc/child.h"
#include "proc/relays.h"
#include "proc/scan_builtin.h"
#include "svc/engine_clamd.h"
#include "svc/engine_command.h"
#include "svc/engine_none.h"
#include "svc/message_hash.h"
#include "svc/scan_desk.h"
#include "sys/sandbox.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The scan process: requests of the relays in, verdicts out; never parses mail. */

struct scan {
    struct event_base *base;
    const struct conf *conf;
    struct ipc *parent;
    struct relays relays;
    struct engine *engines[SCAN_QUEUE_ENGINES_MAX];
    size_t engine_count;
    struct engine *builtin; /* one of them, or NULL */
    struct scan_desk *desk;
    unsigned tests; /* an administrator's, in hand */
    bool is_ready_told, is_stopping;
};

static bool are_engines_ready(const struct scan *scan)
{
    for (size_t i = 0; i < scan->engine_count; i++)
        if (!scan->engines[i]->class->is_ready(scan->engines[i]))
            return false;
    return true;
}

static void tell_ready(void *context)
{
    struct scan *scan = context;

    if (scan->is_ready_told || !scan->parent || !are_engines_ready(scan))
        return;
    scan->is_ready_told = true;
    ipc_send(scan->parent, IPC_READY, &(struct ipc_ready){0}, -1);
}

/* Relays that still run may still have a message to ask about; for what is in hand of those that are gone,
 * nobody waits. */
static void exit_when_idle(struct scan *scan)
{
    if (scan->is_stopping && relays_is_empty(&scan->relays) && scan->tests == 0)
        event_base_loopexit(scan->base, NULL);
}

static void on_verdict(void *context, void *owner, uint64_t id, const struct verdict *verdict)
{
    struct scan *scan = context;
    struct ipc_verdict answer = {id, *verdict};

    if (owner != scan) {
        ipc_send(owner, IPC_VERDICT, &answer, -1);
        return;
    }
    if (scan->parent)
        ipc_send(scan->parent, IPC_TESTED, &answer, -1);
    scan->tests--;
    exit_when_idle(scan);
}

static void add_request(struct scan *scan, void *owner, const struct ipc_scan *asked, int fd)
{
    struct scan_request request = {owner, asked->id, fd, asked->size, {0}};

    memcpy(request.client, asked->client, sizeof request.client);
    scan_desk_add(scan->desk, &request);
}

static void on_relay_message(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    add_request(context, ipc, payload, fd);
}

static void on_relay_gone(void *context, struct ipc *relay)
{
    struct scan *scan = context;

    scan_desk_forget(scan->desk, relay);
    exit_when_idle(scan);
}

/* It may have other signatures. */
static void take_loader(struct scan *scan, int fd, unsigned index)
{
    scan_desk_forget_verdicts(scan->desk);
    scan_builtin_take_loader(scan->builtin, fd, index);
}

static void take_relay(struct scan *scan, int fd, unsigned index)
{
    struct ipc *relay = relays_take(&scan->relays, index, fd);
    struct ipc_board board = {0};
    int known = scan_desk_board(scan->desk, &board.entries);

    if (known >= 0)
        ipc_send(relay, IPC_BOARD, &board, known);
}

static void take_peer(struct scan *scan, const struct ipc_peer *peer, int fd)
{
    if (peer->role == ROLE_RELAY)
        take_relay(scan, fd, peer->index);
    else if (peer->role == ROLE_CLAMAV && scan->builtin)
        take_loader(scan, fd, peer->index);
    else
        close(fd);
}

static void tell_engines(const struct scan *scan)
{
    struct ipc_engines answer = {.count = (uint32_t)scan->engine_count};

    for (size_t i = 0; i < scan->engine_count; i++) {
        const struct engine *engine = scan->engines[i];

        answer.at[i].kind = (uint8_t)scan->conf->scan.engines.at[i];
        answer.at[i].is_ready = engine->class->is_ready(engine);
        if (engine == scan->builtin)
            scan_builtin_describe(engine, &answer.at[i]);
        else if (answer.at[i].kind == ENGINE_CLAMD)
            engine_clamd_describe(engine, &answer.at[i]);
    }
    ipc_send(scan->parent, IPC_ENGINES, &answer, -1);
}

static void on_parent_message(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    struct scan *scan = context;

    if (kind == IPC_PEER) {
        take_peer(scan, payload, fd);
    } else if (kind == IPC_ASK_ENGINES) {
        tell_engines(scan);
    } else if (kind == IPC_TEST_SCAN) {
        scan->tests++;
        add_request(scan, scan, payload, fd);
    } else if (kind == IPC_STOP) {
        scan->is_stopping = true;
        exit_when_idle(scan);
    }
}

static void on_parent_closed(void *context, struct ipc *ipc)
{
    struct scan *scan = context;

    ipc_free(&scan->parent);
    event_base_loopexit(scan->base, NULL);
}

static const struct ipc_handlers parent_handlers = {on_parent_message, on_parent_closed};

static struct engine *command_engine(struct scan *scan)
{
    struct buf error = {0};
    struct engine *engine = engine_command_new(scan->base, scan->conf, &error);

    if (!engine)
        log_text(LOG_LEVEL_ERROR, "engine", "%s", buf_c_str(&error));
    buf_fini(&error);
    return engine;
}

static void forget_verdicts(void *context)
{
    struct scan *scan = context;

    scan_desk_forget_verdicts(scan->desk);
}

static struct engine *new_engine(struct scan *scan, enum engine_kind kind)
{
    switch (kind) {
    case ENGINE_NONE:
        log_text(LOG_LEVEL_WARNING, "engine",
                 "engines = none: nothing is scanned, every message counts as clean");
        return engine_none_new(scan->base);
    case ENGINE_BUILTIN: return scan->builtin = scan_builtin_new(scan->base, tell_ready, scan);
    case ENGINE_COMMAND: return command_engine(scan);
    case ENGINE_CLAMD: return engine_clamd_new(scan->base, scan->conf, forget_verdicts, scan);
    }
    return NULL;
}

static bool make_engines(struct scan *scan)
{
    for (size_t i = 0; i < scan->conf->scan.engines.n; i++) {
        struct engine *engine = new_engine(scan, scan->conf->scan.engines.at[i]);

        if (!engine)
            return false;
        scan->engines[scan->engine_count++] = engine;
    }
    return scan->engine_count > 0;
}

static void fini(struct scan *scan)
{
    for (size_t i = 0; i < scan->engine_count; i++)
        engine_free(&scan->engines[i]);
    relays_fini(&scan->relays);
    scan_desk_free(&scan->desk);
    ipc_free(&scan->parent);
    event_base_free(scan->base);
}

static bool has_engine(const struct conf *conf, enum engine_kind kind)
{
    for (size_t i = 0; i < conf->scan.engines.n; i++)
        if (conf->scan.engines.at[i] == kind)
            return true;
    return false;
}

/* A program may look at more than the bytes; `none` is quicker than a look at the cache. */
static uint32_t cache_entries(const struct conf *conf)
{
    return has_engine(conf, ENGINE_COMMAND) || has_engine(conf, ENGINE_NONE) ? 0 : conf->scan.cache_entries;
}

/* Verdicts in, verdicts out: no path, and no network but for clamd. A program of the administrator's would
 * inherit the fence, and nobody knows what it needs: with [command] there is none. */
static bool fence_in(const struct conf *conf)
{
    static const int for_clamd[] = {SYS_socket, SYS_connect, SYS_setsockopt};
    bool clamd = has_engine(conf, ENGINE_CLAMD);

    if (has_engine(conf, ENGINE_COMMAND))
        return true;
    return sandbox_restrict_paths(NULL, 0, clamd) &&
           sandbox_restrict_calls(for_clamd, clamd ? sizeof for_clamd / sizeof *for_clamd : 0);
}

int scan_main(const struct child_start *start)
{
    struct scan scan = {.base = event_base_new(), .conf = start->conf};

    _Static_assert((int)SCAN_QUEUE_ENGINES_MAX >= (int)CONF_LIST_MAX,
                   "a configured engine without a place in the queue");
    scan.relays = (struct relays){.base = scan.base,
                                  .self = ROLE_SCAN,
                                  .parent = &scan.parent,
                                  .message = on_relay_message,
                                  .gone = on_relay_gone,
                                  .context = &scan};
    if (!make_engines(&scan) || !message_hash_prepare() || !fence_in(scan.conf)) {
        fini(&scan);
        return EXIT_CONFIG;
    }
    scan.desk = scan_desk_new(scan.base, scan.engines, scan.engine_count, scan.conf->scan.deadline_ms,
                              cache_entries(scan.conf), on_verdict, &scan);
    scan.parent = ipc_new(scan.base, start->parent_fd, ROLE_SCAN, ROLE_PARENT, 0, &parent_handlers, &scan);
    tell_ready(&scan);
    event_base_dispatch(scan.base);
    fini(&scan);
    return EXIT_SUCCESS;
}
