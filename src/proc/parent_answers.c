/* What is asked at the control socket, and the answers. */
#include "proc/parent_asker.h"

#include "core/policy.h"

#include "build_config.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

enum { ASK_MS = 3000 };

static struct child *find_ready(struct parent *parent, enum role role)
{
    struct child *child = parent_child_current(parent, role);

    return child && child->is_ready && child->ipc ? child : NULL;
}

static void say_processes(struct asker *asker)
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
        parent_asker_say(asker, CONTROL_PROCESS, &process);
    }
}

static void finish_status(struct asker *asker)
{
    parent_asker_say(asker, CONTROL_STATE, &asker->state);
    say_processes(asker);
    parent_asker_finish(asker, true);
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

    *state = (struct control_state){.version = POSTERN_VERSION,
                                    .uptime_ms = process_clock_ms() - parent->started_ms,
                                    .sessions = census_total(parent->census),
                                    .is_ready = parent->state == STATE_RUNNING};
    for (unsigned i = 0; i < CENSUS_COUNTERS; i++)
        state->counts[i] = census_counted(parent->census, (enum census_counter)i);
    asker->scan = ask(find_ready(parent, ROLE_SCAN), IPC_ASK_ENGINES);
    asker->keeper = ask(find_ready(parent, ROLE_KEEPER), IPC_ASK_HELD);
    asker->awaits = (asker->scan ? AWAITS_ENGINES : 0) | (asker->keeper ? AWAITS_HELD : 0);
    parent_asker_set_timer(asker, ASK_MS);
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

    if (!is_sealed(fd, request->size)) {
        parent_asker_refuse(asker, "the message is not sealed");
    } else if (request->size > conf->pop3.message_max_bytes) {
        parent_asker_refuse(asker, "larger than [pop3] message_max: a server's message would be refused");
    } else if (!scan) {
        parent_asker_refuse(asker, "nobody can scan at this moment; try again");
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

    if (!keeper) {
        parent_asker_refuse(asker, "nobody keeps the quarantine at this moment; try again");
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

    asker->awaits = AWAITS_RELOAD;
    asker->reload = parent->reloads_started + 1;
    event_del(asker->timer); /* it takes as long as the new signatures do */
    parent_reload_ask(parent);
}

void parent_answers_begin(struct asker *asker, const struct control_message *message)
{
    asker->has_asked = true;
    switch (message->kind) {
    case CONTROL_STATUS: begin_status(asker); break;
    case CONTROL_RELOAD: begin_reload(asker); break;
    case CONTROL_TEST_SCAN: begin_test(asker, &message->as.TEST_SCAN, message->carried); break;
    case CONTROL_QUARANTINE: begin_quarantine(asker, &message->as.QUARANTINE); break;
    case CONTROL_STATE:
    case CONTROL_PROCESS:
    case CONTROL_ENGINE:
    case CONTROL_VERDICT:
    case CONTROL_QUARANTINED:
    case CONTROL_TEXT:
    case CONTROL_DONE:
    case CONTROL_KINDS: break; /* no questions: control_receive lets none through */
    }
}

void parent_answers_overdue(struct asker *asker)
{
    if (asker->awaits & (AWAITS_ENGINES | AWAITS_HELD))
        finish_status(asker);
    else
        parent_asker_refuse(asker, "it took too long");
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
            parent_asker_say(asker, CONTROL_ENGINE, &engine);
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
        parent_asker_say(asker, CONTROL_VERDICT, &verdict);
        parent_asker_finish(asker, true);
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
        parent_asker_say(asker, CONTROL_QUARANTINED, &answer->answer);
        parent_asker_finish(asker, true);
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
        parent_asker_say(asker, CONTROL_TEXT, &text);
}

void parent_control_reload_done(struct parent *parent, bool ok)
{
    struct asker *asker, *next;

    for (asker = parent->control ? TAILQ_FIRST(&parent->control->askers) : NULL; asker; asker = next) {
        next = TAILQ_NEXT(asker, link);
        if (awaits_reload(asker, parent))
            parent_asker_finish(asker, ok);
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
            parent_asker_refuse(asker, "the process that scans has ended; try again");
        else if (before & AWAITS_QUARANTINE)
            parent_asker_refuse(asker,
                                "the process that keeps the quarantine has ended; it may or may not be done");
        else
            finish_status(asker);
    }
}
