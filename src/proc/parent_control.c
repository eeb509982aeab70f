#include "proc/parent_control.h"

#include "base/buf.h"
#include "core/policy.h"
#include "proc/child_start.h"
#include "proc/control.h"
#include "sys/local_socket.h"

#include "build_config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ASK_MS = 3000, REQUEST_MS = 10000, ASKERS_MAX = 64 };

/* What an asker waits for. */
enum { AWAITS_ENGINES = 1, AWAITS_HELD = 2, AWAITS_TEST = 4, AWAITS_RELOAD = 8, AWAITS_QUARANTINE = 16 };

struct asker {
    TAILQ_ENTRY(asker) link;
    struct control *control;
    int fd;
    struct event *readable, *timer;
    bool has_asked;
    unsigned awaits;
    uint64_t id;     /* of its test, or of what it wants of the quarantine */
    uint64_t reload; /* which one it has asked for */
    bool bare_dot;
    const struct child *scan, *keeper; /* who was asked */
    struct control_state state;
};

struct control {
    struct parent *parent;
    int fd;
    char *path;
    struct event *connectable;
    TAILQ_HEAD(, asker) askers;
    unsigned asker_count;
    uint64_t last_id;
};

static void free_asker(struct asker *asker)
{
    TAILQ_REMOVE(&asker->control->askers, asker, link);
    asker->control->asker_count--;
    event_free(asker->readable);
    event_free(asker->timer);
    close(asker->fd);
    free(asker);
}

/* False: it does not take what it asked for, and is dropped by who called. */
static bool say(const struct asker *asker, enum control_kind kind, const void *payload)
{
    return control_send(asker->fd, kind, payload, -1) == CHANNEL_OK;
}

/* A socket that is closed with something unread takes with it what was said last (ECONNRESET). */
static void hear_no_more(const struct asker *asker)
{
    struct control_message message;
    enum channel_result result;

    shutdown(asker->fd, SHUT_RD);
    do {
        result = control_receive(asker->fd, CONTROL_COMMAND, &message);
        if (message.carried >= 0)
            close(message.carried);
    } while (result == CHANNEL_OK || result == CHANNEL_BROKEN);
}

static void finish(struct asker *asker, bool ok)
{
    hear_no_more(asker);
    say(asker, CONTROL_DONE, &(struct control_done){ok});
    free_asker(asker);
}

static void refuse(struct asker *asker, const char *why)
{
    struct control_text text = {0};

    snprintf(text.text, sizeof text.text, "%s", why);
    say(asker, CONTROL_TEXT, &text);
    finish(asker, false);
}

static struct child *find_ready(struct parent *parent, enum role role)
{
    struct child *child = parent_child_current(parent, role);

    return child && child->is_ready && child->ipc ? child : NULL;
}

static void say_processes(const struct asker *asker)
{
    const struct parent *parent = asker->control->parent;
    uint64_t now_ms = process_clock_ms();
    const struct child *child;

    TAILQ_FOREACH(child, &parent->children, link)
    {
        struct control_process process = {.index = child->index,
                                          .pid = child->pid,
                                          .is_ready = child->is_ready,
                                          .is_leaving = child->is_leaving,
                                          .restarts = child->starts ? child->starts - 1 : 0,
                                          .age_ms = child->pid ? now_ms - child->started_ms : 0};

        snprintf(process.role, sizeof process.role, "%s", role_name(child->role));
        say(asker, CONTROL_PROCESS, &process);
    }
}

static void finish_status(struct asker *asker)
{
    say(asker, CONTROL_STATE, &asker->state);
    say_processes(asker);
    finish(asker, true);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    struct asker *asker = context;

    if (asker->awaits & (AWAITS_ENGINES | AWAITS_HELD))
        finish_status(asker);
    else
        refuse(asker, "it took too long");
}

static void set_timer(struct asker *asker, uint64_t ms)
{
    event_add(asker->timer, &(struct timeval){(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)});
}

/* It will answer, or end. */
static const struct child *ask(struct child *child, enum ipc_kind kind)
{
    if (!child)
        return NULL;
    child->owes++;
    ipc_send(child->ipc, kind, &(struct ipc_none){0}, -1);
    return child;
}

static void begin_status(struct asker *asker)
{
    struct parent *parent = asker->control->parent;
    struct control_state *state = &asker->state;

    asker->has_asked = true;
    *state = (struct control_state){.version = POSTERN_VERSION,
                                    .uptime_ms = process_clock_ms() - parent->started_ms,
                                    .sessions = census_total(parent->census),
                                    .is_ready = parent->state == STATE_RUNNING};
    for (unsigned i = 0; i < CENSUS_COUNTERS; i++)
        state->counts[i] = census_counted(parent->census, (enum census_counter)i);
    asker->scan = ask(find_ready(parent, ROLE_SCAN), IPC_ASK_ENGINES);
    asker->keeper = ask(find_ready(parent, ROLE_KEEPER), IPC_ASK_HELD);
    asker->awaits = (asker->scan ? AWAITS_ENGINES : 0) | (asker->keeper ? AWAITS_HELD : 0);
    set_timer(asker, ASK_MS);
    if (!asker->awaits)
        finish_status(asker);
}

/* Engines map what they are given: nobody may be able to change it or make it shorter. */
static bool is_sealed(int fd, uint64_t size)
{
    struct stat status;
    int seals = fcntl(fd, F_GET_SEALS);

    return seals >= 0 && (seals & (F_SEAL_WRITE | F_SEAL_SHRINK)) == (F_SEAL_WRITE | F_SEAL_SHRINK) &&
           fstat(fd, &status) == 0 && status.st_size >= 0 && (uint64_t)status.st_size == size;
}

static void begin_test(struct asker *asker, const struct control_scan *request, int fd)
{
    struct parent *parent = asker->control->parent;
    struct child *scan = find_ready(parent, ROLE_SCAN);
    const struct conf *conf = &parent->config->conf;
    struct ipc_scan message = {.size = request->size};

    asker->has_asked = true;
    if (!is_sealed(fd, request->size)) {
        refuse(asker, "the message is not sealed");
    } else if (request->size > conf->pop3.message_max_bytes) {
        refuse(asker, "larger than [pop3] message_max: a server's message would be refused");
    } else if (!scan) {
        refuse(asker, "nobody can scan at this moment; try again");
    } else {
        asker->id = message.id = ++asker->control->last_id;
        asker->bare_dot = request->bare_dot != 0;
        asker->scan = scan;
        asker->awaits = AWAITS_TEST;
        ipc_send(scan->ipc, IPC_TEST_SCAN, &message, fd);
        event_del(asker->timer); /* scan has deadlines of its own */
    }
}

static void begin_quarantine(struct asker *asker, const struct quarantine_request *request)
{
    struct child *keeper = find_ready(asker->control->parent, ROLE_KEEPER);
    struct ipc_quarantine message = {.request = *request};

    asker->has_asked = true;
    if (!keeper) {
        refuse(asker, "nobody keeps the quarantine at this moment; try again");
        return;
    }
    asker->id = message.id = ++asker->control->last_id;
    asker->keeper = keeper;
    asker->awaits = AWAITS_QUARANTINE;
    keeper->owes++;
    ipc_send(keeper->ipc, IPC_QUARANTINE, &message, -1);
    event_del(asker->timer); /* a disk takes what it takes; its end is told */
}

static void begin_reload(struct asker *asker)
{
    struct parent *parent = asker->control->parent;

    asker->has_asked = true;
    asker->awaits = AWAITS_RELOAD;
    asker->reload = parent->reloads_started + 1;
    event_del(asker->timer); /* it takes as long as the new signatures do */
    parent_reload_ask(parent);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct asker *asker = context;
    struct control_message message;

    switch (control_receive(fd, CONTROL_COMMAND, &message)) {
    case CHANNEL_OK: break;
    case CHANNEL_FULL: return;
    case CHANNEL_LATER:
    case CHANNEL_CLOSED: free_asker(asker); return;
    case CHANNEL_BROKEN: refuse(asker, "the service does not understand: is it of another version?"); return;
    }
    if (asker->has_asked)
        refuse(asker, "one question at a time");
    else if (message.kind == CONTROL_STATUS)
        begin_status(asker);
    else if (message.kind == CONTROL_RELOAD)
        begin_reload(asker);
    else if (message.kind == CONTROL_QUARANTINE)
        begin_quarantine(asker, &message.as.QUARANTINE);
    else if (message.kind == CONTROL_TEST_SCAN)
        begin_test(asker, &message.as.TEST_SCAN, message.carried);
    if (message.carried >= 0)
        close(message.carried);
}

static bool may_ask(const struct parent *parent, const struct local_peer *peer)
{
    struct identity user;

    if (peer->uid == 0)
        return true;
    if (local_peer_is_below(peer, getpid()))
        return false;
    return peer->uid == geteuid() || (privileges_find(parent->config->conf.postern.user, &user) &&
                                      (peer->uid == user.uid || local_peer_has_group(peer, user.gid)));
}

static void log_refused(const struct local_peer *peer)
{
    struct log_line line;

    log_begin(&line, LOG_LEVEL_WARNING, "control_refused");
    log_number(&line, "uid", peer->uid);
    log_number(&line, "gid", peer->groups[0]);
    log_number(&line, "pid", (uint64_t)peer->pid);
    log_end(&line);
}

static void on_connectable(evutil_socket_t listener, short what, void *context)
{
    struct control *control = context;
    struct local_peer peer;
    struct asker *asker;
    int fd = local_accept(listener, &peer);

    if (fd < 0)
        return;
    asker = mem_alloc_zero(sizeof *asker);
    asker->control = control;
    asker->fd = fd;
    asker->readable = event_new(control->parent->base, fd, EV_READ | EV_PERSIST, on_readable, asker);
    asker->timer = event_new(control->parent->base, -1, 0, on_timer, asker);
    TAILQ_INSERT_TAIL(&control->askers, asker, link);
    if (++control->asker_count > ASKERS_MAX) {
        refuse(asker, "too many ask at this moment");
    } else if (!may_ask(control->parent, &peer)) {
        log_refused(&peer);
        refuse(asker, "only root and members of the service's group may ask");
    } else {
        event_add(asker->readable, NULL);
        set_timer(asker, REQUEST_MS);
    }
}

static void take_engines(struct control *control, const struct ipc_engines *answer)
{
    static const char *const names[] = {[ENGINE_NONE] = "none",
                                        [ENGINE_BUILTIN] = "builtin",
                                        [ENGINE_CLAMD] = "clamd",
                                        [ENGINE_COMMAND] = "command"};
    struct asker *asker, *next;

    for (asker = TAILQ_FIRST(&control->askers); asker; asker = next) {
        next = TAILQ_NEXT(asker, link);
        if (!(asker->awaits & AWAITS_ENGINES))
            continue;
        for (uint32_t i = 0; i < answer->count && i < CONF_LIST_MAX; i++) {
            const struct engine_state *state = &answer->at[i];
            struct control_engine engine = {.is_ready = state->is_ready, .published_s = state->published_s};

            snprintf(engine.name, sizeof engine.name, "%s",
                     state->kind < sizeof names / sizeof *names ? names[state->kind] : "unknown");
            snprintf(engine.signatures, sizeof engine.signatures, "%.63s", state->signatures);
            say(asker, CONTROL_ENGINE, &engine);
        }
        asker->awaits &= ~(unsigned)AWAITS_ENGINES;
        if (!asker->awaits)
            finish_status(asker);
    }
}

static void take_held(struct control *control, const struct ipc_held *answer)
{
    struct asker *asker, *next;

    for (asker = TAILQ_FIRST(&control->askers); asker; asker = next) {
        next = TAILQ_NEXT(asker, link);
        if (!(asker->awaits & AWAITS_HELD))
            continue;
        asker->state.is_kept_known = true;
        asker->state.kept = answer->incidents;
        asker->awaits &= ~(unsigned)AWAITS_HELD;
        if (!asker->awaits)
            finish_status(asker);
    }
}

/* Who asked may be gone by now. */
static void take_test(struct control *control, const struct ipc_verdict *answer)
{
    struct asker *asker;

    TAILQ_FOREACH(asker, &control->askers, link)
    {
        struct control_verdict verdict = {.verdict = answer->verdict};

        if (!(asker->awaits & AWAITS_TEST) || asker->id != answer->id)
            continue;
        verdict.action =
            (uint8_t)policy_decide(&control->parent->config->conf, &verdict.verdict, asker->bare_dot);
        say(asker, CONTROL_VERDICT, &verdict);
        finish(asker, true);
        return;
    }
}

static void take_quarantined(struct control *control, const struct ipc_quarantined *answer)
{
    struct asker *asker;

    TAILQ_FOREACH(asker, &control->askers, link)
    {
        if (!(asker->awaits & AWAITS_QUARANTINE) || asker->id != answer->id)
            continue;
        say(asker, CONTROL_QUARANTINED, &answer->answer);
        finish(asker, true);
        return;
    }
}

static bool awaits_reload(const struct asker *asker, const struct parent *parent)
{
    return asker->awaits & AWAITS_RELOAD && asker->reload == parent->reloads_started;
}

void parent_control_reload_text(struct parent *parent, const char *before, const char *line)
{
    struct control_text text = {0};
    struct asker *asker;

    if (!parent->control)
        return;
    snprintf(text.text, sizeof text.text, "%s%s", before, line);
    TAILQ_FOREACH(asker, &parent->control->askers, link)
    if (awaits_reload(asker, parent))
        say(asker, CONTROL_TEXT, &text);
}

void parent_control_reload_done(struct parent *parent, bool ok)
{
    struct asker *asker, *next;

    for (asker = parent->control ? TAILQ_FIRST(&parent->control->askers) : NULL; asker; asker = next) {
        next = TAILQ_NEXT(asker, link);
        if (awaits_reload(asker, parent))
            finish(asker, ok);
    }
}

/* A count of questions is enough: each is answered in turn. */
static bool was_asked(struct child *child, struct ipc *ipc)
{
    if (child->owes == 0) {
        ipc_violation(ipc, "an answer that nobody waits for");
        return false;
    }
    child->owes--;
    return true;
}

bool parent_control_answered(struct child *child, struct ipc *ipc, enum ipc_kind kind, const void *payload)
{
    struct control *control = child->parent->control;

    if (kind != IPC_ENGINES && kind != IPC_HELD && kind != IPC_TESTED && kind != IPC_QUARANTINED)
        return false;
    if (kind == IPC_TESTED) {
        const struct ipc_verdict *answer = payload;

        if (!verdict_is_valid(&answer->verdict))
            ipc_violation(ipc, "a verdict that is none");
        else if (control)
            take_test(control, answer);
    } else if (was_asked(child, ipc) && control) {
        if (kind == IPC_ENGINES)
            take_engines(control, payload);
        else if (kind == IPC_QUARANTINED)
            take_quarantined(control, payload);
        else
            take_held(control, payload);
    }
    return true;
}

void parent_control_lost(struct child *child)
{
    struct control *control = child->parent->control;
    struct asker *asker, *next;

    child->owes = 0;
    for (asker = control ? TAILQ_FIRST(&control->askers) : NULL; asker; asker = next) {
        unsigned before = asker->awaits;

        next = TAILQ_NEXT(asker, link);
        if (asker->scan == child)
            asker->awaits &= ~(unsigned)(AWAITS_ENGINES | AWAITS_TEST);
        if (asker->keeper == child)
            asker->awaits &= ~(unsigned)(AWAITS_HELD | AWAITS_QUARANTINE);
        if (asker->awaits == before || asker->awaits)
            continue;
        if (before & AWAITS_TEST)
            refuse(asker, "the process that scans has ended; try again");
        else if (before & AWAITS_QUARANTINE)
            refuse(asker, "the process that keeps the quarantine has ended; it may or may not be done");
        else
            finish_status(asker);
    }
}

void parent_control_open(struct parent *parent)
{
    const char *directory = parent->config->conf.postern.runtime_directory;
    struct control *control;
    struct buf path = {0};
    int fd;

    control_path(directory, &path);
    if (mkdir(directory, 0755) == 0)
        chmod(directory, 0755); /* whatever our umask is: it was not there, so it is ours */
    fd = local_listen(buf_c_str(&path));
    if (fd < 0) {
        log_text(LOG_LEVEL_WARNING, "no_control", "%s: %m; status and the like cannot be asked for",
                 buf_c_str(&path));
        buf_fini(&path);
        return;
    }
    control = mem_alloc_zero(sizeof *control);
    *control = (struct control){.parent = parent, .fd = fd, .path = mem_copy_string(buf_span(&path))};
    buf_fini(&path);
    TAILQ_INIT(&control->askers);
    control->connectable = event_new(parent->base, fd, EV_READ | EV_PERSIST, on_connectable, control);
    event_add(control->connectable, NULL);
    parent->control = control;
}

void parent_control_close(struct parent *parent)
{
    struct control *control = parent->control;

    parent->control = NULL;
    if (!control)
        return;
    while (!TAILQ_EMPTY(&control->askers))
        refuse(TAILQ_FIRST(&control->askers), "the service is stopping");
    event_free(control->connectable);
    close(control->fd);
    unlink(control->path);
    free(control->path);
    free(control);
}
